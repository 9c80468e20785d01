import { Failure } from '../../../domain/failure.js'
import { findVm } from './find-vms.js'
import { unlessGone } from './properties.js'
import { rest } from './rest.js'
import type { Session } from './session.js'
import { readSnapshotState } from './snapshot-state.js'
import { isFault } from './soap-fault.js'
import { runTask, settleSnapshotTasks } from './tasks.js'
import { field, type Ref } from './xml.js'

const maxRounds = 20
const busyPauseMs = 1_000

/** Ensures that no snapshot with this token is left. A VM or snapshot that is not there is success. */
export const removeSnapshot = async (
  session: Session,
  instanceUuid: string,
  token: string,
): Promise<void> => {
  const vm = await findVm(session, instanceUuid)
  if (vm === undefined) return
  await unlessGone(() => removeAll(session, vm, token), undefined)
}

const removeAll = async (session: Session, vm: Ref, token: string): Promise<void> => {
  for (let round = 1; round <= maxRounds; round++) {
    // A creation that is still queued would bring the snapshot back after we have looked.
    await settleSnapshotTasks(session, vm)
    const { snapshots } = await readSnapshotState(session, vm)
    const found = snapshots.find(({ name }) => name === token)
    if (found === undefined) return
    await removeOne(session, found.ref)
  }
  throw new Failure(
    'vm-busy',
    `The snapshot ${token} on vCenter ${session.endpoint.display} is still there: other tasks of its VM hold it`,
    {
      retry: true,
      facts: { host: session.endpoint.display, token, vm_reference: vm.value },
      remedy: 'It is tried again by itself; see the VM’s recent tasks in the vSphere Client.',
    },
  )
}

const removeOne = async (session: Session, snapshot: Ref): Promise<void> => {
  try {
    await runTask(
      session,
      'RemoveSnapshot_Task',
      snapshot,
      field('removeChildren', false) + field('consolidate', true),
    )
  } catch (error) {
    if (isFault(error, 'TaskInProgress')) await rest(session, busyPauseMs)
    else if (!isFault(error, 'ManagedObjectNotFound')) throw error
  }
}
