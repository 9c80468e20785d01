import { Failure } from '../../../domain/failure.js'
import { propertiesOf, propertiesOfOne, unlessGone } from './properties.js'
import { rest } from './rest.js'
import type { Session } from './session.js'
import { isFault, SoapFault } from './soap-fault.js'
import { all, at, element, field, refAt, refElement, textAt, typeOf, type Ref } from './xml.js'

const paths = ['info.state', 'info.result', 'info.error'] as const
const maxLosses = 5
/** In call time-outs, four minutes by default: shorter than any step's own time-out, so that none is left waiting. */
const longestWait = 4

/**
 * Waits for a task's end and answers its result. Throws the task's fault, `ManagedObjectNotFound` where the
 * vCenter has forgotten the task, `vm-busy` where it runs on and on, and `source-unreachable` after several losses of
 * the connection.
 */
const finishTask = async (session: Session, task: Ref): Promise<unknown> => {
  const { result, fault } = await endOf(session, task)
  if (fault !== undefined) throw fault
  return result
}

const endOf = async (session: Session, task: Ref): Promise<Ended> => {
  const deadline = performance.now() + longestWait * session.callTimeoutMs
  for (let losses = 0; ; losses++) {
    try {
      await using watch = await watchTask(session, task, deadline)
      return await watch()
    } catch (error) {
      if (!watchLost(error, task) || losses === maxLosses) throw error
      await rest(session, Math.min(250 * 2 ** losses, 5_000))
    }
  }
}

/** Starts the task and waits for its end. */
export const runTask = async (
  session: Session,
  method: string,
  on: Ref,
  parameters: string,
): Promise<unknown> => {
  const started = await session.call({ method, on, parameters })
  const task = refAt(started, 'returnval')
  if (task === undefined) throw new SoapFault('SystemError', `${method} gave no task`, undefined)
  return finishTask(session, task)
}

interface Ended {
  readonly result: unknown
  readonly fault: SoapFault | undefined
}

// One collector a wait: an abandoned wait may have swallowed an update, so a lost collector is thrown away.
const watchTask = async (
  session: Session,
  task: Ref,
  deadline: number,
): Promise<(() => Promise<Ended>) & AsyncDisposable> => {
  const { propertyCollector } = await session.content()
  const created = await session.call({ method: 'CreatePropertyCollector', on: propertyCollector })
  const collector = refAt(created, 'returnval') ?? { type: 'PropertyCollector', value: '' }
  const close = async (): Promise<void> => {
    await session.call({ method: 'DestroyPropertyCollector', on: collector }).catch(() => undefined)
  }
  const propSet = element(
    'propSet',
    field('type', 'Task') + paths.map((path) => field('pathSet', path)).join(''),
  )
  try {
    await session.call({
      method: 'CreateFilter',
      on: collector,
      parameters:
        element('spec', propSet + element('objectSet', refElement('obj', task))) +
        field('partialUpdates', false),
    })
  } catch (error) {
    await close()
    throw error
  }
  return Object.assign(() => untilEnded(session, collector, task, deadline), { [Symbol.asyncDispose]: close })
}

const untilEnded = async (session: Session, collector: Ref, task: Ref, deadline: number): Promise<Ended> => {
  // The server must answer before our own time-out ends the socket.
  const maxWaitSeconds = Math.max(1, Math.min(20, Math.floor(session.callTimeoutMs / 2_000)))
  for (let version = ''; ;) {
    const answer = await session.call({
      method: 'WaitForUpdatesEx',
      on: collector,
      parameters: field('version', version) + element('options', field('maxWaitSeconds', maxWaitSeconds)),
    })
    const update = at(answer, 'returnval')
    version = textAt(update, 'version') ?? version
    const objects = all(update, 'filterSet').flatMap((set) => all(set, 'objectSet'))
    if (objects.some((object) => textAt(object, 'kind') === 'leave')) throw forgotten(task)
    const states = objects
      .flatMap((object) => all(object, 'changeSet'))
      .filter((change) => textAt(change, 'name') === 'info.state')
      .map((change) => textAt(change, 'val'))
    if (states.includes('success') || states.includes('error')) return ending(session, task)
    if (performance.now() > deadline) throw stillRuns(session, task)
  }
}

/** The task goes on in the vCenter; the next try finds it, or what it made. */
const stillRuns = ({ endpoint, callTimeoutMs }: Session, task: Ref): Failure =>
  new Failure(
    'vm-busy',
    `A task on vCenter ${endpoint.display} still runs after ${(longestWait * callTimeoutMs) / 1000} s`,
    {
      retry: true,
      facts: { host: endpoint.display, task: task.value },
      remedy: 'It is waited for again by itself; see the VM’s recent tasks in the vSphere Client.',
    },
  )

const forgotten = (task: Ref): SoapFault =>
  new SoapFault('ManagedObjectNotFound', `the task ${task.value} is forgotten`, task)

// Read anew: state, result and error may come in different updates.
const ending = async (session: Session, task: Ref): Promise<Ended> => {
  const { values } = await propertiesOfOne(session, task, paths)
  const state = textAt(values.get('info.state'))
  if (state !== 'success' && state !== 'error') throw forgotten(task)
  return {
    result: values.get('info.result'),
    fault: state === 'error' ? taskFault(values.get('info.error')) : undefined,
  }
}

const taskFault = (error: unknown): SoapFault => {
  const fault = at(error, 'fault')
  return new SoapFault(typeOf(fault) ?? 'SystemError', textAt(error, 'localizedMessage') ?? '', fault)
}

// The collector goes with a lost session or connection; the task itself goes on in the vCenter.
const watchLost = (error: unknown, task: Ref): boolean => {
  if (error instanceof Failure) return error.code === 'source-unreachable'
  if (isFault(error, 'RequestCanceled')) return true
  return isFault(error, 'ManagedObjectNotFound') && !namesObject(error, task)
}

const namesObject = (fault: SoapFault, ref: Ref): boolean =>
  fault.detail === ref || refAt(fault.detail, 'obj')?.value === ref.value

/** The VM's tasks on snapshots that are queued or running: their names are not told, only their kind. */
const runningSnapshotTasks = async (session: Session, vm: Ref): Promise<Ref[]> => {
  const { values } = await propertiesOfOne(session, vm, ['recentTask'])
  const recent = all(values.get('recentTask'), 'ManagedObjectReference').flatMap((each) => refAt(each) ?? [])
  const running: Ref[] = []
  for (const task of recent) {
    // One by one: a task that is forgotten meanwhile would fail the others with it.
    const [read] = await unlessGone(
      () => propertiesOf(session, [task], ['info.descriptionId', 'info.state']),
      [],
    )
    const state = textAt(read?.values.get('info.state'))
    const kind = textAt(read?.values.get('info.descriptionId')) ?? ''
    if ((state === 'queued' || state === 'running') && /snapshot|consolidate/i.test(kind)) running.push(task)
  }
  return running
}

/** Waits until no task on snapshots of the VM is under way; how those ended is read from the VM. */
export const settleSnapshotTasks = async (session: Session, vm: Ref): Promise<void> => {
  for (const task of await runningSnapshotTasks(session, vm)) {
    try {
      await finishTask(session, task)
    } catch (error) {
      if (!(error instanceof SoapFault)) throw error
    }
  }
}
