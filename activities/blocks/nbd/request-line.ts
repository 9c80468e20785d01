import { onAbort } from '../on-abort.js'
import type { Connection } from './connection.js'
import type { Descriptors, Request } from './requests.js'

/** Least loaded connection first; a request waits in line while every connection has `depth` in flight. */
export const createRequestLine = (depth: number) => {
  const waiting: (() => void)[] = []
  let connections: readonly Connection[] = []
  const lostOne = (): Connection | undefined => connections.find((one) => one.lost() !== undefined)
  const stand = (signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const wake = (): void => {
        ignore()
        resolve()
      }
      const ignore = onAbort(signal, () => {
        waiting.splice(waiting.indexOf(wake), 1)
        resolve()
      })
      waiting.push(wake)
    })
  const advance = (): void => {
    if (lostOne() === undefined) waiting.shift()?.()
    else for (const wake of waiting.splice(0)) wake()
  }
  const send = async (request: Request, signal?: AbortSignal): Promise<Descriptors> => {
    while (lostOne() === undefined && connections.every((one) => one.inFlight() >= depth)) {
      signal?.throwIfAborted()
      await stand(signal)
    }
    if (signal?.aborted === true) {
      // The place that woke this one is still free.
      advance()
      throw signal.reason as Error
    }
    const best = connections.reduce((a, b) => (b.inFlight() < a.inFlight() ? b : a))
    return (lostOne() ?? best).send(request, signal)
  }
  return {
    advance,
    serve(opened: readonly Connection[]): typeof send {
      connections = opened
      return send
    },
  }
}
