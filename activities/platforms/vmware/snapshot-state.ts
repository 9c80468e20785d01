import { propertiesOfOne } from './properties.js'
import type { Session } from './session.js'
import { snapshotsIn, type SnapshotEntry } from './snapshot-tree.js'
import { textAt, type Ref } from './xml.js'

/** A VM as taking and removing a snapshot needs it. */
export interface SnapshotState {
  readonly snapshots: readonly SnapshotEntry[]
  readonly powerState: string
  /** False where VMware Tools is known not to run: vSphere then ignores `quiesce` without saying so. */
  readonly canQuiesce: boolean
}

/** Reads the VM afresh. Throws the fault `ManagedObjectNotFound` where it is gone. */
export const readSnapshotState = async (session: Session, vm: Ref): Promise<SnapshotState> => {
  const { values } = await propertiesOfOne(session, vm, [
    'snapshot',
    'runtime.powerState',
    'guest.toolsRunningStatus',
  ])
  const tools = textAt(values.get('guest.toolsRunningStatus'))
  return {
    snapshots: snapshotsIn(values.get('snapshot')),
    powerState: textAt(values.get('runtime.powerState')) ?? 'poweredOff',
    canQuiesce: tools !== 'guestToolsNotRunning',
  }
}
