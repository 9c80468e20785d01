import { EndError } from './errors.js'
import type { End } from './end.js'
import type { CopyProgress, Meter } from './copy-meter.js'

interface Deps {
  readonly source: End
  readonly target: End
  readonly meter: Meter
  readonly stallMs: number
  readonly onProgress: ((progress: CopyProgress) => void) | undefined
  readonly stalled: (error: EndError) => void
}

const tickMs = 200

/**
 * Reports progress, and ends a copy in which a side owes an answer and no byte moved and no request ended for
 * `stallMs`. Returns the function that stops watching.
 */
export const watchCopy = ({ source, target, meter, stallMs, onProgress, stalled }: Deps): (() => void) => {
  const signature = (): string => {
    const { bytesDone, bytesRead, bytesStored, bytesSkipped } = meter.counts
    const moved = [source.bytesMoved?.(), target.bytesMoved?.(), meter.waiting.source, meter.waiting.target]
    return [...moved, bytesDone, bytesRead, bytesStored, bytesSkipped].join()
  }
  const isOwed = (): boolean => meter.waiting.source + meter.waiting.target > 0
  let seen = signature()
  let since = performance.now()
  const timer = setInterval(
    () => {
      onProgress?.(meter.report())
      const now = signature()
      if (now !== seen) {
        seen = now
        since = performance.now()
      } else if (isOwed() && performance.now() - since >= stallMs) {
        // Reads go on until the buffers are full of what the target does not take: it is the target then.
        const side = meter.waiting.target > 0 ? 'target' : 'source'
        const where = side === 'target' ? target.describe : source.describe
        const detail = `nothing moved for ${Math.round(stallMs / 100) / 10} s`
        const { cursor: offset } = meter.counts
        stalled(new EndError({ side, op: 'stall', offset, length: 0, errno: 'ETIMEDOUT', where, detail }))
      }
    },
    Math.min(tickMs, Math.max(10, stallMs / 4)),
  )
  return () => clearInterval(timer)
}
