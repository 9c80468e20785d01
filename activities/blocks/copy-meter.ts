import type { Checkpoint } from './checkpoint.js'
import type { Side } from './end.js'

export type Bottleneck = 'source' | 'digest' | 'target'

/** All in bytes of the plan (widened extents), earlier attempts included. */
export interface CopyProgress {
  readonly bytesTotal: number
  readonly bytesDone: number
  /** Read from the source; holes are not read. */
  readonly bytesRead: number
  /** Written to the target as data. */
  readonly bytesStored: number
  /** As before, or zeros: left out, or written as a zero range without data. */
  readonly bytesSkipped: number
  /** Everything of the plan below this offset was taken by the target (durable once a checkpoint says so). */
  readonly cursor: number
  /** Where the requests spent their time since the last report. */
  readonly bottleneck: Bottleneck
}

export type CopyResult = CopyProgress

/** Counts bytes, and integrates how many requests wait on each side. */
export const createMeter = (bytesTotal: number, resumedBytes: number, from: Checkpoint | undefined) => {
  const counts = {
    bytesTotal,
    bytesDone: resumedBytes,
    bytesRead: from?.counts.bytesRead ?? 0,
    bytesStored: from?.counts.bytesStored ?? 0,
    bytesSkipped: from?.counts.bytesSkipped ?? 0,
    cursor: from?.cursor ?? 0,
  }
  const waiting: Record<Side, number> = { source: 0, target: 0 }
  const spent = { source: 0, digest: 0, target: 0 }
  let since = performance.now()
  let bottleneck: Bottleneck = 'source'

  const advance = (): number => {
    const elapsed = performance.now() - since
    spent.source += waiting.source * elapsed
    spent.target += waiting.target * elapsed
    since += elapsed
    return elapsed
  }
  let windowStart = since
  return {
    counts,
    waiting: waiting as Readonly<Record<Side, number>>,
    /** Runs `work` as a request of that side. */
    async on<T>(side: Side, work: () => Promise<T>): Promise<T> {
      advance()
      waiting[side]++
      try {
        return await work()
      } finally {
        advance()
        waiting[side]--
      }
    },
    digest<T>(work: () => T): T {
      const start = performance.now()
      const result = work()
      spent.digest += performance.now() - start
      return result
    },
    report(): CopyProgress {
      advance()
      const elapsed = since - windowStart
      if (elapsed > 0) {
        const isHashing = spent.digest > elapsed / 2
        bottleneck = isHashing ? 'digest' : spent.target > spent.source ? 'target' : 'source'
      }
      spent.source = spent.digest = spent.target = 0
      windowStart = since
      return { ...counts, bottleneck }
    },
  }
}

export type Meter = ReturnType<typeof createMeter>
