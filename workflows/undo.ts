import { CancellationScope, log } from '@temporalio/workflow'

export interface Undo {
  /** Registers how to make sure that something is absent; call it before the step that makes it. */
  push(what: string, ensureAbsent: () => Promise<unknown>): void
  /** What the run has handed over to its result is no longer undone. */
  keep(what: string): void
  /** Undoes these alone, last first, immune to cancellation; what could not be undone in time stays registered. */
  runOnly(what: readonly string[]): Promise<UndoOutcome>
  /** Runs all that is left, last first, immune to cancellation. One failure does not stop the others. */
  run(): Promise<UndoOutcome>
}

export interface UndoOutcome {
  /** What could not be undone in time: the sweeper owns it from here. */
  readonly pending: readonly string[]
}

interface Step {
  readonly what: string
  readonly ensureAbsent: () => Promise<unknown>
}

/** A stack of "ensure absent" steps, each pushed before its step runs so that a lost answer is undone too. */
export function newUndo(): Undo {
  let stack: Step[] = []
  return {
    push: (what, ensureAbsent) => void stack.push({ what, ensureAbsent }),
    keep: (what) => {
      stack = stack.filter((step) => step.what !== what)
    },
    runOnly: async (what) => {
      const failed = await undone(stack.filter((step) => what.includes(step.what)))
      stack = stack.filter((step) => !what.includes(step.what) || failed.includes(step))
      return { pending: failed.map((step) => step.what) }
    },
    run: async () => ({ pending: (await undone(stack.splice(0))).map((step) => step.what) }),
  }
}

/** Undoes the steps, last first; answers with those that could not be undone. */
const undone = (steps: readonly Step[]): Promise<Step[]> =>
  CancellationScope.nonCancellable(async () => {
    const failed: Step[] = []
    for (const step of steps.toReversed()) {
      try {
        await step.ensureAbsent()
      } catch (error) {
        log.warn('undo left to the sweeper', { what: step.what, error })
        failed.push(step)
      }
    }
    return failed
  })
