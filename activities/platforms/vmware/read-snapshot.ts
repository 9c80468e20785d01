import type { Snapshot } from '../platform.js'
import { propertiesOfOne } from './properties.js'
import type { Session } from './session.js'
import type { SnapshotState } from './snapshot-state.js'
import type { SnapshotEntry } from './snapshot-tree.js'
import { virtualDisks } from './virtual-disks.js'
import type { Ref } from './xml.js'

// How the snapshot was made stands at the end of its description: whoever adopts it can tell the level reached.
// The tree's own `state` is no help: it is poweredOff for every snapshot without memory.
const labels = {
  application: '(quiesced)',
  crash: '(not quiesced)',
  'powered-off': '(powered off)',
} as const satisfies Record<Snapshot['consistency'], string>

/** A description that tells the level of consistency that was asked for. */
export const labelled = (description: string, level: Snapshot['consistency']): string =>
  `${description} ${labels[level]}`

const levelOf = ({ description }: SnapshotEntry, { powerState }: SnapshotState): Snapshot['consistency'] => {
  if (description.endsWith(labels.application)) return 'application'
  // The VM may have been started between the look at it and its snapshot: then nothing is claimed.
  return description.endsWith(labels['powered-off']) && powerState === 'poweredOff' ? 'powered-off' : 'crash'
}

/** Reads a snapshot by its own frozen configuration: base files, capacities and change IDs of its moment. */
export const readSnapshot = async (
  session: Session,
  vm: Ref,
  state: SnapshotState,
  entry: SnapshotEntry,
  adopted: boolean,
): Promise<Snapshot> => {
  const { values } = await propertiesOfOne(session, entry.ref, ['config.hardware.device'])
  return {
    token: entry.name,
    reference: entry.ref.value,
    vmReference: vm.value,
    takenAt: entry.createdAt,
    consistency: levelOf(entry, state),
    adopted,
    disks: virtualDisks(values.get('config.hardware.device'))
      .filter(({ disk }) => disk.left_out === null)
      .map(({ disk, changeId }) => ({
        key: disk.key,
        backingUuid: disk.backing_uuid,
        capacityBytes: disk.capacity_bytes,
        path: disk.path,
        changeId,
      })),
  }
}
