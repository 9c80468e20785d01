import type { End } from './end.js'
import { EndError } from './errors.js'
import type { CopyProgress, Meter } from './copy-meter.js'

interface Deps {
  readonly ends: () => { readonly source: End; readonly target: End }
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
export const watchCopy = ({ ends, meter, stallMs, onProgress, stalled }: Deps): (() => void) => {
  const signature = (progress: CopyProgress): string => {
    const { source, target } = ends()
    const { bytesDone, bytesRead, bytesStored, bytesSkipped } = progress
    const waiting = meter.waiting()
    const moved = [source.bytesMoved?.(), target.bytesMoved?.(), waiting.source, waiting.target]
    return [...moved, bytesDone, bytesRead, bytesStored, bytesSkipped].join()
  }
  let seen = ''
  let since = performance.now()
  const look = (): void => {
    const progress = meter.report()
    onProgress?.(progress)
    const now = signature(progress)
    const waiting = meter.waiting()
    const isOwed = waiting.source + waiting.target > 0
    if (isOwed && now === seen && performance.now() - since >= stallMs) {
      // Reads go on until the buffers are full of what the target does not take: it is the target then.
      const side = waiting.target > 0 ? 'target' : 'source'
      const where = ends()[side].describe
      const detail = `nothing moved for ${Math.round(stallMs / 100) / 10} s`
      const { cursor: offset } = progress
      stalled(new EndError({ side, op: 'stall', offset, length: 0, errno: 'ETIMEDOUT', where, detail }))
    } else if (now === seen) return
    seen = now
    since = performance.now()
  }
  const timer = setInterval(look, Math.min(tickMs, Math.max(10, stallMs / 4)))
  return () => clearInterval(timer)
}
