import { writeCheckpoint } from './checkpoint.js'
import type { Standing } from './copy-meter.js'
import type { DigestWriter } from './digests.js'

export interface CheckpointInterval {
  /** After a crash at most about twice this much is copied again. */
  readonly everyBytes: number
  readonly everyMs: number
}

export interface CheckpointOptions extends CheckpointInterval {
  readonly path: string
}

/** Where a copy stands with all of it durable; `digestBytes` of the digests belong to it. */
export interface Mark extends Standing {
  readonly digestBytes: number
}

interface Deps {
  readonly interval: CheckpointInterval | undefined
  readonly path: string | undefined
  readonly planHash: string
  readonly digests: DigestWriter | undefined
  /** What was durable before; it stays the mark until the next one is. */
  readonly from: Mark
  readonly standing: () => Standing
  /** Rejects at once when the leg is halted. */
  readonly flush: () => Promise<void>
  readonly mayWrite: (() => Promise<void>) | undefined
  readonly onCheckpoint: ((durable: Mark) => void) | undefined
  readonly failed: (error: unknown) => void
  readonly finished: () => void
}

/**
 * Durable order: data flushed → digests fsynced → checkpoint renamed in. One at a time, beside the running copy;
 * standing and digest mark are taken together *before* the flush, so the flush covers all that they claim.
 */
export const createCheckpoints = (deps: Deps) => {
  const { interval, path, planHash, digests, failed, finished } = deps
  let durable = deps.from
  let sinceBytes = 0
  let since = performance.now()
  let isOver = false
  let running: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined

  const persist = async (): Promise<void> => {
    sinceBytes = 0
    since = performance.now()
    const mark = { ...deps.standing(), digestBytes: digests?.mark() ?? 0 }
    await deps.flush()
    await digests?.sync()
    // Last: whoever lost the lease while the flush took its time must not claim anything.
    await deps.mayWrite?.()
    const { cursor, digestBytes, counts } = mark
    if (path !== undefined) await writeCheckpoint(path, { version: 1, cursor, digestBytes, planHash, counts })
    durable = mark
    deps.onCheckpoint?.(mark)
  }
  /** Starts a checkpoint when one is due, or comes back when it will be: a stalled source must not put it off. */
  const consider = (): void => {
    if (interval === undefined || isOver || running !== undefined || sinceBytes === 0) return
    const leftMs = interval.everyMs - (performance.now() - since)
    if (sinceBytes < interval.everyBytes && leftMs > 0) {
      timer ??= setTimeout(() => {
        timer = undefined
        consider()
      }, leftMs)
      return
    }
    running = persist()
      .catch(failed)
      .finally(() => {
        running = undefined
        finished()
        consider()
      })
  }
  const end = (): void => {
    isOver = true
    clearTimeout(timer)
  }
  return {
    durable: (): Mark => durable,
    /** Holds the copy back while a slow flush lets the distance to the last checkpoint grow, what is under way included. */
    isBehind: (bytesUnderWay: number): boolean =>
      interval !== undefined && running !== undefined && sinceBytes + bytesUnderWay >= interval.everyBytes,
    advanced(bytes: number): void {
      sinceBytes += bytes
      consider()
    },
    /** Resolves when nothing is being written any more. */
    async settled(): Promise<void> {
      end()
      await running
    },
    async now(): Promise<void> {
      await running
      await persist()
    },
    end,
  }
}
