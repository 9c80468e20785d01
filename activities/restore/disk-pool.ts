import { EndError } from '../blocks/errors.js'
import type { End } from '../blocks/end.js'

/** One disk of one point that can be served. */
export interface ContentDisk {
  /** Names the content for good (a point never changes): also the entity tag. */
  readonly key: string
  readonly fileName: string
  readonly sizeBytes: number
  /** Starts whatever serves the bytes; disposing the end ends it. Called again after an idle time. */
  open(): Promise<End>
  /** Does the work while the point is kept from being deleted; throws where that has begun. */
  whileHeld<Result>(work: () => Promise<Result>): Promise<Result>
}

/** Disks that are open while they are read and for `idleMs` longer. */
export interface DiskPool {
  use<Result>(disk: ContentDisk, work: (end: End) => Promise<Result>): Promise<Result>
  count(): number
  /** Resolves when every disk is closed; running readers must have been stopped by the caller. */
  close(): Promise<void>
}

interface OpenDisk {
  readonly end: Promise<End>
  readonly closed: Promise<void>
  readonly markClosed: () => void
  readers: number
  idle: NodeJS.Timeout | undefined
}

export const createDiskPool = (idleMs: number): DiskPool => {
  /** What the next reader may share; `live` also holds those that are on their way out. */
  const shared = new Map<string, OpenDisk>()
  const live = new Set<OpenDisk>()
  let ended = false

  const take = (disk: ContentDisk): OpenDisk => {
    if (ended) throw new Error('the disk pool is closed')
    const entry = shared.get(disk.key) ?? openDisk(disk)
    shared.set(disk.key, entry)
    live.add(entry)
    clearTimeout(entry.idle)
    entry.readers++
    return entry
  }
  const retire = (key: string, entry: OpenDisk): void => {
    if (shared.get(key) === entry) shared.delete(key)
    clearTimeout(entry.idle)
    if (entry.readers > 0) return
    void closeEnd(entry).finally(() => {
      live.delete(entry)
      entry.markClosed()
    })
  }
  const giveBack = (key: string, entry: OpenDisk): void => {
    entry.readers--
    if (entry.readers > 0) return
    if (shared.get(key) === entry && !ended) entry.idle = setTimeout(() => retire(key, entry), idleMs).unref()
    else retire(key, entry)
  }
  return {
    count: () => live.size,
    use: async (disk, work) => {
      const entry = take(disk)
      try {
        return await work(await entry.end)
      } catch (error) {
        if ((await isUseless(entry, error)) && shared.get(disk.key) === entry) shared.delete(disk.key)
        throw error
      } finally {
        giveBack(disk.key, entry)
      }
    },
    close: async () => {
      ended = true
      for (const [key, entry] of shared) retire(key, entry)
      await Promise.all([...live].map((entry) => entry.closed))
    },
  }
}

// A lost end is not shared any more: the next reader opens the disk anew. A client that left is no loss.
const isUseless = async (entry: OpenDisk, error: unknown): Promise<boolean> =>
  error instanceof EndError ||
  (await entry.end.then(
    () => false,
    () => true,
  ))

const closeEnd = async (entry: OpenDisk): Promise<void> => {
  try {
    await (await entry.end)[Symbol.asyncDispose]()
  } catch {
    // It never opened, or what served it is gone already: nothing is left to close.
  }
}

const openDisk = (disk: ContentDisk): OpenDisk => {
  let markClosed = (): void => undefined
  const closed = new Promise<void>((resolve) => {
    markClosed = resolve
  })
  return { end: disk.open(), closed, markClosed, readers: 0, idle: undefined }
}
