import { Failure } from '../../../domain/failure.js'
import type { DiscoveredVm } from '../../../domain/vm.js'
import type { Snapshot, SnapshotRequest } from '../platform.js'
import { isQuiesceFault } from './faults.js'
import { withVm } from './find-vms.js'
import { labelled, readSnapshot } from './read-snapshot.js'
import type { Session } from './session.js'
import { isFault } from './soap-fault.js'
import { rest } from './rest.js'
import { readSnapshotState, type SnapshotState } from './snapshot-state.js'
import { runTask, settleSnapshotTasks } from './tasks.js'
import { field, type Ref } from './xml.js'

const maxRounds = 8
const busyPauseMs = 1_000

/**
 * Takes, or adopts, the snapshot with the request's token. Each round looks first: whatever an attempt that
 * died, or this one with a lost answer, has left behind is found and not doubled.
 */
export const takeSnapshot = (
  session: Session,
  vm: DiscoveredVm,
  request: SnapshotRequest,
): Promise<Snapshot> => withVm(session, vm.id, (ref) => take(session, vm, ref, request))

const take = async (
  session: Session,
  vm: DiscoveredVm,
  ref: Ref,
  request: SnapshotRequest,
): Promise<Snapshot> => {
  let quiesce = request.quiesce
  let made = false
  for (let round = 1; ; round++) {
    await settleSnapshotTasks(session, ref)
    const state = await readSnapshotState(session, ref)
    const entry = state.snapshots.find(({ name }) => name === request.token)
    if (entry !== undefined) return readSnapshot(session, ref, state, entry, !made)
    if (made) throw vanished(session, vm, request)
    const level = levelFor(session, vm, state, quiesce)
    try {
      await create(session, ref, request, level)
      made = true
    } catch (error) {
      if (isQuiesceFault(error) && level === 'application' && quiesce === 'prefer') quiesce = 'never'
      else if (isFault(error, 'TaskInProgress') && round < maxRounds) await rest(session, busyPauseMs)
      else throw error
    }
  }
}

const create = (
  session: Session,
  vm: Ref,
  request: SnapshotRequest,
  level: Snapshot['consistency'],
): Promise<unknown> =>
  runTask(
    session,
    'CreateSnapshot_Task',
    vm,
    field('name', request.token) +
      field('description', labelled(request.description, level)) +
      field('memory', false) +
      field('quiesce', level === 'application'),
  )

const levelFor = (
  session: Session,
  vm: DiscoveredVm,
  state: SnapshotState,
  quiesce: SnapshotRequest['quiesce'],
): Snapshot['consistency'] => {
  if (state.powerState === 'poweredOff') return 'powered-off'
  const wanted = quiesce !== 'never' && state.powerState === 'poweredOn'
  if (wanted && state.canQuiesce) return 'application'
  if (quiesce === 'require') throw cannotQuiesce(session, vm, state)
  return 'crash'
}

const cannotQuiesce = (session: Session, vm: DiscoveredVm, state: SnapshotState): Failure => {
  const why =
    state.powerState === 'poweredOn' ? 'VMware Tools does not run in it' : `it is ${state.powerState}`
  return new Failure(
    'snapshot-failed',
    `VM ${vm.name} on vCenter ${session.endpoint.display} cannot be quiesced: ${why}`,
    {
      retry: false,
      facts: { host: session.endpoint.display, vm: vm.name, power_state: state.powerState },
      remedy:
        'Start VMware Tools in the guest, or allow a crash-consistent backup (quiesce: prefer or never).',
    },
  )
}

const vanished = (session: Session, vm: DiscoveredVm, request: SnapshotRequest): Failure =>
  new Failure(
    'snapshot-gone',
    `The snapshot ${request.token} of VM ${vm.name} was made and is gone again on vCenter ${session.endpoint.display}`,
    {
      retry: true,
      facts: { host: session.endpoint.display, vm: vm.name, token: request.token },
      remedy: 'Look for other software that removes snapshots of this VM.',
    },
  )
