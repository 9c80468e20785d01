import type { CheckpointCounts } from './checkpoint.js'
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
  /** The end that was lost and is being opened again. */
  readonly away: Side | undefined
}

export type CopyResult = CopyProgress

/** What one piece, or many, took. */
export interface Tally {
  read: number
  stored: number
  skipped: number
}

/** Up to where the copy stands, in bytes of the disk and of the plan. */
export interface Standing {
  readonly cursor: number
  readonly bytesDone: number
  readonly counts: CheckpointCounts
}

/** What is under way in one leg: who waits for whom, and what shows already though the cursor is not past it. */
const newLeg = () => ({ waiting: { source: 0, target: 0 }, ahead: { read: 0, stored: 0, skipped: 0 } })

const nothing: Standing = {
  cursor: 0,
  bytesDone: 0,
  counts: { bytesRead: 0, bytesStored: 0, bytesSkipped: 0 },
}

/** Counts bytes, and integrates how many requests wait on each side. */
export const createMeter = (bytesTotal: number) => {
  const clock = createWaitClock(() => leg.waiting)
  let standing = nothing
  let leg = newLeg()
  let away: Side | undefined
  return {
    standing: (): Standing => standing,
    waiting: (): Readonly<Record<Side, number>> => leg.waiting,
    setAway: (side: Side | undefined): void => void (away = side),
    /** Begins a leg where the copy stands; what pieces of an earlier leg still do is no longer counted. */
    beginLeg(from: Standing) {
      clock.advance()
      standing = from
      const own = (leg = newLeg())
      return {
        ahead: own.ahead as Tally,
        /** Runs `work` as a request of that side. */
        async on<T>(side: Side, work: () => Promise<T>): Promise<T> {
          clock.advance()
          own.waiting[side]++
          try {
            return await work()
          } finally {
            clock.advance()
            own.waiting[side]--
          }
        },
        digest: clock.digest,
        /** The cursor passes a piece. */
        retire(cursor: number, length: number, tally: Tally): void {
          own.ahead.read -= tally.read
          own.ahead.stored -= tally.stored
          own.ahead.skipped -= tally.skipped
          standing = {
            cursor,
            bytesDone: standing.bytesDone + length,
            counts: plus(standing.counts, tally),
          }
        },
      }
    },
    finish: (cursor: number): void => void (standing = { ...standing, cursor }),
    report(): CopyProgress {
      const { cursor, bytesDone, counts } = standing
      return {
        bytesTotal,
        bytesDone,
        ...plus(counts, leg.ahead),
        cursor,
        bottleneck: clock.bottleneck(),
        away,
      }
    },
  }
}

const plus = (counts: CheckpointCounts, { read, stored, skipped }: Tally): CheckpointCounts => ({
  bytesRead: counts.bytesRead + read,
  bytesStored: counts.bytesStored + stored,
  bytesSkipped: counts.bytesSkipped + skipped,
})

/** Milliseconds that requests of each side have waited, and that digesting took, since one last asked. */
const createWaitClock = (waiting: () => Readonly<Record<Side, number>>) => {
  const spent = { source: 0, digest: 0, target: 0 }
  let since = performance.now()
  let windowStart = since
  let bottleneck: Bottleneck = 'source'
  const advance = (): void => {
    const elapsed = performance.now() - since
    spent.source += waiting().source * elapsed
    spent.target += waiting().target * elapsed
    since += elapsed
  }
  return {
    advance,
    digest<T>(work: () => T): T {
      const start = performance.now()
      const result = work()
      spent.digest += performance.now() - start
      return result
    },
    bottleneck(): Bottleneck {
      advance()
      const elapsed = since - windowStart
      if (elapsed > 0) {
        const isHashing = spent.digest > elapsed / 2
        bottleneck = isHashing ? 'digest' : spent.target > spent.source ? 'target' : 'source'
      }
      spent.source = spent.digest = spent.target = 0
      windowStart = since
      return bottleneck
    },
  }
}

export type Meter = ReturnType<typeof createMeter>
export type LegMeter = ReturnType<Meter['beginLeg']>
