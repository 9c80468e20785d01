import type { DiscoveredDisk, DiscoveredVm } from '../vm.js'

/** Free share of a datastore below which a snapshot is not taken: a full datastore stops every VM on it. */
const leastFreeShare = 0.05

export interface DatastoreFacts {
  readonly name: string
  readonly capacityBytes: number
  readonly freeBytes: number
}

export type PreFlight =
  | {
      readonly kind: 'go'
      readonly disks: readonly DiscoveredDisk[]
      readonly leftOut: readonly { readonly disk: DiscoveredDisk; readonly reason: string }[]
      readonly warnings: readonly string[]
    }
  | {
      readonly kind: 'refused'
      readonly code: 'vm-no-disks' | 'vm-needs-consolidation' | 'datastore-low'
      readonly reason: string
      readonly remedy: string
    }

const reasons: Readonly<Record<NonNullable<DiscoveredDisk['left_out']>, string>> = {
  'rdm-physical': 'a physical raw device mapping, which a snapshot cannot hold',
  independent: 'an independent disk, which a snapshot leaves out',
  'shared-bus': 'on a shared bus, which a snapshot cannot hold',
  'no-snapshot': 'of a kind that a snapshot cannot hold',
}

/**
 * Decides whether a backup may take its snapshot, and of which disks. Disks that a snapshot cannot hold are left
 * out with a warning that names them; it is an error only if none remains.
 */
export function decidePreFlight(
  vm: DiscoveredVm,
  datastores: readonly DatastoreFacts[],
  excludedUuids: ReadonlySet<string>,
): PreFlight {
  const chosen = vm.disks.filter((disk) => !excludedUuids.has(disk.backing_uuid))
  const disks = chosen.filter((disk) => disk.left_out === null)
  if (disks.length === 0) return noDisks(vm, chosen)
  if (vm.consolidation_needed)
    return {
      kind: 'refused',
      code: 'vm-needs-consolidation',
      reason: `${vm.name} needs its disks consolidated: an earlier snapshot was not merged`,
      remedy: 'Consolidate the VM in vCenter (Snapshots, Consolidate), then start the backup again.',
    }
  const low = datastores.find(
    (store) => store.capacityBytes > 0 && store.freeBytes < store.capacityBytes * leastFreeShare,
  )
  if (low) return datastoreLow(vm, low)
  const leftOut = chosen.flatMap((disk) =>
    disk.left_out === null ? [] : [{ disk, reason: reasons[disk.left_out] }],
  )
  return {
    kind: 'go',
    disks,
    leftOut,
    warnings: leftOut.map(({ disk, reason }) => `${disk.label} of ${vm.name} is left out: it is ${reason}.`),
  }
}

function noDisks(vm: DiscoveredVm, chosen: readonly DiscoveredDisk[]): PreFlight {
  const named = chosen
    .map((disk) => `${disk.label} is ${disk.left_out ? reasons[disk.left_out] : 'excluded'}`)
    .join('; ')
  const reason =
    vm.disks.length === 0
      ? `${vm.name} has no disks`
      : `No disk of ${vm.name} can be backed up: ${named === '' ? 'all are excluded' : named}`
  return {
    kind: 'refused',
    code: 'vm-no-disks',
    reason,
    remedy: 'Back such disks up from inside the guest, or choose other disks.',
  }
}

function datastoreLow(vm: DiscoveredVm, low: DatastoreFacts): PreFlight {
  return {
    kind: 'refused',
    code: 'datastore-low',
    reason: `Datastore ${low.name} of ${vm.name} has ${low.freeBytes} of ${low.capacityBytes} bytes free, less than 5 %`,
    remedy: 'Free room on the datastore: a snapshot grows while the backup runs.',
  }
}
