import { Context } from '@temporalio/activity'

/** Well below the shortest heartbeat time-out; the SDK throttles what it really sends. */
const everyMs = 1000

/**
 * Runs a step's work and tells Temporal every second that it is alive, with what `detail` says then. The signal fires
 * when the step is cancelled, which is only noticed by beating.
 */
export const beating = async <Result>(
  work: (signal: AbortSignal, show: (detail: unknown) => void) => Promise<Result>,
): Promise<Result> => {
  const context = Context.current()
  let latest: unknown
  const timer = setInterval(() => context.heartbeat(latest), everyMs)
  try {
    return await work(context.cancellationSignal, (detail) => {
      latest = detail
    })
  } finally {
    clearInterval(timer)
  }
}

/** Steps by name. Their inputs are their own: `never` takes any of them. */
type Steps = Readonly<Record<string, (input: never) => Promise<unknown>>>

/**
 * The same steps, each beating while it works, so that it may last longer than its heartbeat time-out. `leave`: a
 * cancelled step ends at once and what it still hears is ignored, which only suits steps that change nothing outside;
 * `wait`: its work comes to its end first, so that no undo runs beside it.
 */
export const beatingEach = <Of extends Steps>(whenCancelled: 'wait' | 'leave', steps: Of): Of =>
  Object.fromEntries(
    Object.entries(steps).map(([name, step]) => [
      name,
      (input: never) =>
        beating(() => {
          const working = step(input)
          return whenCancelled === 'wait' ? working : Promise.race([working, Context.current().cancelled])
        }),
    ]),
  ) as Of
