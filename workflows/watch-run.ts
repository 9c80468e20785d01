import { CancellationScope, condition, isCancellation, sleep } from '@temporalio/workflow'
import type { ExecutionClock } from '../activities/execution-steps.js'
import { atHand } from './at-hand.js'
import { show } from './flow-phase.js'
import type { FlowRun } from './flow-phase.js'
import { askingBackups, control } from './steps.js'

/**
 * Does the work of an execution, and beside it what is asked meanwhile: pauses and resumes it, by operators and by its
 * window, and stops it when somebody cancels it or its longest time is over. Resolves when nothing of it runs any more.
 */
export async function watchRun(run: FlowRun, work: () => Promise<void>): Promise<void> {
  const working = new CancellationScope()
  const root = CancellationScope.current()
  // Of no cancelled parent: what a cancel asks for is done by it.
  const watching = await CancellationScope.nonCancellable(() => Promise.resolve(new CancellationScope()))
  // Shown at once, though the backups in flight are waited for.
  root.cancelRequested.catch(() => run.messages.stop('cancelled'))
  // Before any VM is begun: its window may be closed.
  const lookAt = takeOver(run, run.clock)
  const watches = watching.run(() =>
    Promise.allSettled([keepPauses(run), watchClock(run, lookAt), stopWhenAsked(run, working)]),
  )
  try {
    await working.run(async () => {
      await condition(run.messages.isSettled)
      await work()
    })
  } finally {
    watching.cancel()
    throwFailure(await watches)
  }
}

function throwFailure(ended: readonly PromiseSettledResult<void>[]): void {
  for (const end of ended)
    if (end.status === 'rejected' && !isCancellation(end.reason)) throw end.reason as Error
}

async function stopWhenAsked({ executionId, messages }: FlowRun, working: CancellationScope): Promise<void> {
  await condition(() => messages.wantedStop() !== null)
  const why = messages.wantedStop() ?? 'cancelled'
  await CancellationScope.nonCancellable(() =>
    control.stopExecution.executeWithOptions(
      { summary: why === 'cancelled' ? 'stop what has not begun' : 'stop: its longest time is over' },
      [{ executionId, why }],
    ),
  )
  messages.stopped()
  working.cancel()
}

/** Looks whenever the window opens or closes; ends where neither will happen any more. */
async function watchClock(run: FlowRun, first: string | null): Promise<void> {
  for (let lookAt = first; lookAt !== null; lookAt = await look(run))
    // A worker whose clock is behind would see what was: then it looks again a second later.
    await sleep(Math.max(1000, Date.parse(lookAt) - Date.now()))
}

/** Takes over what the clock says; answers when to look again. */
async function look(run: FlowRun): Promise<string | null> {
  const { executionId } = run
  return takeOver(
    run,
    await atHand('lookAtClock', "look at the flow's window and longest time", { executionId }),
  )
}

function takeOver({ messages }: FlowRun, clock: ExecutionClock): string | null {
  if (clock.isOver) messages.stop('run-time-over')
  else messages.setClosed(clock.closed)
  return clock.lookAt
}

/** Follows what is wanted, one change after the other. */
async function keepPauses(run: FlowRun): Promise<void> {
  const { messages } = run
  let asking = { cancel: (): void => undefined, ended: Promise.resolve() }
  for (;;) {
    await condition(() => !messages.isSettled())
    // What was begun for the change before must not go on beside this one.
    asking.cancel()
    await asking.ended
    const reason = messages.wantedPause()
    if (reason === null) await resume(run)
    else await pause(run, reason)
    messages.settled(reason !== null)
    asking = inBackground(() => askBackups(run, reason === null ? 'resumeBackups' : 'pauseBackups'))
  }
}

const askBackups = ({ executionId }: FlowRun, step: 'pauseBackups' | 'resumeBackups'): Promise<unknown> =>
  askingBackups[step].executeWithOptions(
    { summary: step === 'pauseBackups' ? 'pause its backups' : 'let its backups run on' },
    [{ executionId }],
  )

async function pause(run: FlowRun, reason: string): Promise<void> {
  await control.markExecutionPaused.executeWithOptions({ summary: `pause: ${reason}`.slice(0, 190) }, [
    { executionId: run.executionId, reason },
  ])
  show(run, 'paused', `Paused. ${reason}.`)
}

async function resume(run: FlowRun): Promise<void> {
  await control.markExecutionResumed.executeWithOptions({ summary: 'run on' }, [
    { executionId: run.executionId },
  ])
  show(run, 'running', 'Runs on.')
  for (const wake of run.wakers) wake()
}

function inBackground(work: () => Promise<unknown>): { cancel: () => void; ended: Promise<void> } {
  const scope = new CancellationScope()
  const ended = scope.run(work).then(
    () => undefined,
    () => undefined,
  )
  return { cancel: () => scope.cancel(), ended }
}
