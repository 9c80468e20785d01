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
export const createCheckpoints = ({
  options,
  digests,
  planHash,
  counts,
  flush,
  failed,
  finished,
}: Deps) => {
  let sinceBytes = 0
  let since = performance.now()
  let running: Promise<void> | undefined

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
  return {
    /** Holds the copy back while a slow flush lets the distance to the last checkpoint grow. */
    isBehind: (): boolean =>
      options !== undefined && running !== undefined && sinceBytes >= options.everyBytes,
    advanced(bytes: number, cursor: number): void {
      sinceBytes += bytes
      if (options === undefined || running !== undefined) return
      if (sinceBytes < options.everyBytes && performance.now() - since < options.everyMs) return
      running = persist(cursor)
        .catch(failed)
        .finally(() => {
          running = undefined
          finished()
        })
    },
    settled: async (): Promise<void> => running,
    async last(cursor: number): Promise<void> {
      await running
      await persist(cursor)
    },
  }
}
