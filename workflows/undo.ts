import { CancellationScope, log } from '@temporalio/workflow'

export interface Undo {
  /** Registers how to make sure that something is absent; call it before the step that makes it. */
  push(what: string, ensureAbsent: () => Promise<unknown>): void
  /** What the run has handed over to its result is no longer undone. */
  keep(what: string): void
  /** Runs all that is left, last first, immune to cancellation. One failure does not stop the others. */
  run(): Promise<UndoOutcome>
}

export interface UndoOutcome {
  /** What could not be undone in time: the sweeper owns it from here. */
  readonly pending: readonly string[]
}

/** A stack of "ensure absent" steps, each pushed before its step runs so that a lost answer is undone too. */
export function newUndo(): Undo {
  let stack: { what: string; ensureAbsent: () => Promise<unknown> }[] = []
  return {
    push: (what, ensureAbsent) => void stack.push({ what, ensureAbsent }),
    keep: (what) => {
      stack = stack.filter((step) => step.what !== what)
    },
    run: () =>
      CancellationScope.nonCancellable(async () => {
        const pending: string[] = []
        for (const step of stack.splice(0).reverse()) {
          try {
            await step.ensureAbsent()
          } catch (error) {
            log.warn('undo left to the sweeper', { what: step.what, error })
            pending.push(step.what)
          }
        }
        return { pending }
      }),
  }
}
