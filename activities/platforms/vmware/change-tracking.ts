import type { ChangeTracking } from '../platform.js'
import { changedAreas } from './changed-areas.js'
import { naming } from './faults.js'
import { withVm } from './find-vms.js'
import { propertiesOfOne } from './properties.js'
import type { Session } from './session.js'
import { snapshotsIn } from './snapshot-tree.js'
import { runTask } from './tasks.js'
import { element, field, flagAt, type Ref } from './xml.js'

/** VMware's changed block tracking. */
export const changeTrackingOf = (session: Session): ChangeTracking => ({
  ensureEnabled: (vm) =>
    naming(session.doing(`enable change tracking of VM ${vm.name}`, vm.name), () =>
      withVm(session, vm.id, (ref) => ensureEnabled(session, ref)),
    ),

  changedAreas: (snapshot, disk, since) =>
    naming(session.doing(`tell the changed areas of ${disk.path}`), () =>
      changedAreas(session, snapshot, disk, since),
    ),
})

type Enabled = Awaited<ReturnType<ChangeTracking['ensureEnabled']>>

const ensureEnabled = async (session: Session, vm: Ref): Promise<Enabled> => {
  const before = await read(session, vm)
  if (before.enabled) return { enabled: true, changed: false, reason: null }
  const refused = (reason: string): Enabled => ({ enabled: false, changed: false, reason })
  if (!before.supported)
    return refused('the VM does not support change tracking (its virtual hardware is older than version 7)')
  // Over an existing snapshot the first change IDs would not cover what lies below it.
  if (before.snapshots.length > 0) return refused(`the VM has snapshots (${before.snapshots.join(', ')})`)
  await runTask(session, 'ReconfigVM_Task', vm, element('spec', field('changeTrackingEnabled', true)))
  const after = await read(session, vm)
  return after.enabled
    ? { enabled: true, changed: true, reason: null }
    : refused('the vCenter took the setting and did not keep it')
}

const read = async (
  session: Session,
  vm: Ref,
): Promise<{ enabled: boolean; supported: boolean; snapshots: string[] }> => {
  const { values } = await propertiesOfOne(session, vm, [
    'config.changeTrackingEnabled',
    'capability.changeTrackingSupported',
    'snapshot',
  ])
  return {
    enabled: flagAt(values.get('config.changeTrackingEnabled')) === true,
    supported: flagAt(values.get('capability.changeTrackingSupported')) === true,
    snapshots: snapshotsIn(values.get('snapshot')).map(({ name }) => name),
  }
}
