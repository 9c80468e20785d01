import { Failure } from '../../../domain/failure.js'
import type { Snapshot, Source } from '../platform.js'
import { naming } from './faults.js'
import { findVm } from './find-vms.js'
import { plainName } from './inventory-path.js'
import { oneAtATime } from './one-at-a-time.js'
import { propertiesBelow, unlessGone } from './properties.js'
import type { Session } from './session.js'
import { readSnapshot } from './read-snapshot.js'
import { removeSnapshot } from './remove-snapshot.js'
import { snapshotsIn } from './snapshot-tree.js'
import { readSnapshotState } from './snapshot-state.js'
import { takeSnapshot } from './take-snapshot.js'
import { untrusted } from './tls.js'
import { vddkReader } from './vddk.js'
import { textAt } from './xml.js'

/** Snapshots of VMs and how to read their disks. */
export const sourceOf = (session: Session, secret: string, vddkLibDir: string | undefined): Source => {
  // Two steps that look for a token at once would both miss it, and make it twice.
  const perVm = oneAtATime()
  return {
    takeSnapshot: (vm, request) =>
      naming(session.doing(`take a snapshot of VM ${vm.name}`, vm.name), () =>
        perVm(vm.id, () => takeSnapshot(session, vm, request)),
      ),

    findSnapshot: (instanceUuid, token) =>
      naming(session.doing(`look for the snapshot ${token}`), () =>
        findSnapshot(session, instanceUuid, token),
      ),

    removeSnapshot: (instanceUuid, token) =>
      naming(session.doing(`remove the snapshot ${token}`), () =>
        perVm(instanceUuid, () => removeSnapshot(session, instanceUuid, token)),
      ),

    snapshotsNamed: (prefix) =>
      naming(session.doing('list the snapshots of its VMs'), () => snapshotsNamed(session, prefix)),

    diskReader: async (snapshot, disk) => {
      const { certificate, endpoint, platform } = session
      const shown = await certificate()
      if (shown.distrust !== null) throw untrusted(endpoint, shown)
      return vddkReader(
        { endpoint, username: platform.username, secret, vddkLibDir, thumbprint: shown.sha1 },
        snapshot,
        disk,
      )
    },
  }
}

const findSnapshot = async (
  session: Session,
  instanceUuid: string,
  token: string,
): Promise<Snapshot | undefined> => {
  const vm = await findVm(session, instanceUuid)
  if (vm === undefined) return undefined
  return unlessGone(async () => {
    const state = await readSnapshotState(session, vm)
    const entry = state.snapshots.find(({ name }) => name === token)
    return entry === undefined ? undefined : readSnapshot(session, vm, state, entry, true)
  }, undefined)
}

const snapshotsNamed: (session: Session, prefix: string) => ReturnType<Source['snapshotsNamed']> = async (
  session,
  prefix,
) => {
  if (prefix === '')
    throw new Failure('bad-request', 'Snapshots are listed by a prefix that is not empty', { retry: false })
  const { rootFolder } = await session.content()
  const vms = await propertiesBelow(session, rootFolder, 'VirtualMachine', [
    'name',
    'config.instanceUuid',
    'snapshot',
  ])
  return vms.flatMap(({ values }) =>
    snapshotsIn(values.get('snapshot'))
      .filter(({ name }) => name.startsWith(prefix))
      .map(({ name, createdAt }) => ({
        instanceUuid: textAt(values.get('config.instanceUuid')) ?? '',
        vmName: plainName(textAt(values.get('name')) ?? ''),
        token: name,
        takenAt: createdAt,
      })),
  )
}
