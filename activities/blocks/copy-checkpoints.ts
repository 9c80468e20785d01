import { writeCheckpoint, type CheckpointCounts } from './checkpoint.js'
import type { DigestWriter } from './digests.js'

export interface CheckpointOptions {
  readonly path: string
  /** After a crash at most about twice this much is copied again. */
  readonly everyBytes: number
  readonly everyMs: number
}

interface Deps {
  readonly options: CheckpointOptions | undefined
  readonly digests: DigestWriter
  readonly planHash: string
  readonly counts: () => CheckpointCounts
  readonly flush: () => Promise<void>
  readonly failed: (error: unknown) => void
  readonly finished: () => void
}

/**
 * Durable order: data flushed → digests fsynced → checkpoint renamed in. One at a time, beside the running copy;
 * cursor and digest mark are taken together *before* the flush, so the flush covers all that the cursor claims.
 */
export const createCheckpoints = ({ options, digests, planHash, counts, flush, failed, finished }: Deps) => {
  let sinceBytes = 0
  let since = performance.now()
  let latest = 0
  let isOver = false
  let running: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined

  const persist = async (cursor: number): Promise<void> => {
    sinceBytes = 0
    since = performance.now()
    const digestBytes = digests.mark()
    const soFar = counts()
    await flush()
    await digests.sync()
    if (options !== undefined)
      await writeCheckpoint(options.path, { version: 1, cursor, digestBytes, planHash, counts: soFar })
  }
  /** Starts a checkpoint when one is due, or comes back when it will be: a stalled source must not put it off. */
  const consider = (): void => {
    if (options === undefined || isOver || running !== undefined || sinceBytes === 0) return
    const leftMs = options.everyMs - (performance.now() - since)
    if (sinceBytes < options.everyBytes && leftMs > 0) {
      timer ??= setTimeout(() => {
        timer = undefined
        consider()
      }, leftMs)
      return
    }
    running = persist(latest)
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
    /** Holds the copy back while a slow flush lets the distance to the last checkpoint grow. */
    isBehind: (): boolean =>
      options !== undefined && running !== undefined && sinceBytes >= options.everyBytes,
    advanced(bytes: number, cursor: number): void {
      sinceBytes += bytes
      latest = cursor
      consider()
    },
    async settled(): Promise<void> {
      end()
      await running
    },
    async last(cursor: number): Promise<void> {
      await running
      await persist(cursor)
    },
    end,
  }
}
