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
