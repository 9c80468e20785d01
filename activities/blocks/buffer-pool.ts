import { onAbort } from './on-abort.js'
import { createSlab, slabBytes, type Carved, type Slab } from './slab.js'

/** Bounds what all copies of a process hold in buffers. */
export interface BufferPool {
  /** A copy's part in the pool. Disposing drops all that it holds, and whom it lets wait is refused. */
  join(): BufferShare
}

export interface BufferShare extends Disposable {
  /**
   * A buffer of so many bytes, at most 1 MiB, its content anything; waits for room, first come first served. Who holds
   * one must be able to finish with it without taking another. Rejects with the signal's reason.
   */
  take(bytes: number, signal?: AbortSignal): Promise<Buffer>
  /** Only for buffers that nobody reads or writes any more. */
  give(buffer: Buffer): void
  /** For buffers that an end may still write to: gives back the room, not the memory. */
  drop(buffer: Buffer): void
}

interface Waiter {
  readonly ticket: number
  readonly bytes: number
  readonly enter: (buffer: Buffer) => void
  readonly leave: (error: Error) => void
}

interface Share {
  readonly slabs: Set<Slab>
  readonly out: Map<Buffer, Carved>
  readonly waiting: Set<Waiter>
}

const poolBytes = 64 * slabBytes
// What every copy may have as soon as anything is free.
const leastSlabs = 2

/**
 * Room is counted in slabs of 1 MiB. A slab belongs to one share, which carves it into runs of 64 KiB grains, so that
 * the fragments of a copy that stalls never pin slabs of another. Beyond two slabs a share gets one more only if
 * - it then holds no more than its equal part, while others wait, and
 * - no more than twice what is left: copies that stall one after the other still leave room for the next.
 * Whom these rules refuse holds two slabs at least, and goes on when it gives one back: nobody waits for ever.
 */
export const createBufferPool = (bytes: number = poolBytes): BufferPool => {
  const room = Math.floor(bytes / slabBytes)
  if (!(room >= 1)) throw new RangeError(`${bytes} bytes have no room for a slab of ${slabBytes}`)
  const shares = new Set<Share>()
  // Kept: a fresh 1 MiB costs 256 page faults.
  const spare: Slab[] = []
  let held = 0

  const mayHaveSlab = (share: Share): boolean => {
    const then = share.slabs.size + 1
    const left = room - held - 1
    if (left < 0 || then <= leastSlabs) return left >= 0
    const others = [...shares].filter((other) => other !== share && other.slabs.size + other.waiting.size > 0)
    const equalPart = Math.max(leastSlabs, Math.floor(room / (others.length + 1)))
    if (then > equalPart && others.some(({ waiting }) => waiting.size > 0)) return false
    return then <= 2 * left
  }
  const carve = (share: Share, wanted: number): Carved | undefined => {
    for (const slab of share.slabs) {
      const carved = slab.carve(wanted)
      if (carved !== undefined) return carved
    }
    if (!mayHaveSlab(share)) return undefined
    const slab = spare.pop() ?? createSlab()
    share.slabs.add(slab)
    held++
    return slab.carve(wanted)
  }
  /** Serves who waits longest among the first of each share; one that cannot be served holds up its own share only. */
  const serve = (): void => {
    // Nearly always, and asked twice a piece.
    if (everyoneIsServed(shares)) return
    for (let isServed = true; isServed;)
      isServed = firstInLine(shares).some(({ share, waiter }) => {
        const carved = carve(share, waiter.bytes)
        if (carved === undefined) return false
        share.waiting.delete(waiter)
        share.out.set(carved.memory, carved)
        waiter.enter(carved.memory)
        return true
      })
  }
  const release = (share: Share, carved: Carved, isClean: boolean): void => {
    const { slab, memory } = carved
    share.out.delete(memory)
    slab.release(carved, isClean)
    if (!slab.isUnused) return
    share.slabs.delete(slab)
    held--
    if (!slab.isSpoiled) spare.push(slab)
  }
  return {
    join: () => {
      const share: Share = { slabs: new Set(), out: new Map(), waiting: new Set() }
      shares.add(share)
      return openShare(share, {
        serve,
        release: (carved, isClean) => release(share, carved, isClean),
        leave: () => shares.delete(share),
      })
    },
  }
}

/** The one pool that all copies of a process share unless they are given another. */
export const processBuffers = createBufferPool()

interface Hooks {
  readonly serve: () => void
  readonly release: (carved: Carved, isClean: boolean) => void
  /** False where it has left before. */
  readonly leave: () => boolean
}

let tickets = 0

const openShare = (share: Share, { serve, release, leave }: Hooks): BufferShare => {
  let isOpen = true
  const back = (buffer: Buffer, isClean: boolean): void => {
    const carved = share.out.get(buffer)
    // What was out when the share was disposed is dropped already.
    if (!isOpen) return
    if (carved === undefined) throw new RangeError('a buffer is given back that is not held')
    release(carved, isClean)
    serve()
  }
  return {
    take: (bytes, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted()
        if (!isOpen) throw new Error('this share of the buffers is disposed')
        if (!(Number.isInteger(bytes) && bytes >= 1 && bytes <= slabBytes))
          throw new RangeError(`a buffer has 1 to ${slabBytes} bytes, not ${bytes}`)
        const ignore = onAbort(signal, () => {
          share.waiting.delete(waiter)
          reject(signal?.reason as Error)
          serve()
        })
        const waiter: Waiter = {
          ticket: tickets++,
          bytes,
          enter: (buffer) => (ignore(), resolve(buffer)),
          leave: (error) => (ignore(), reject(error)),
        }
        share.waiting.add(waiter)
        serve()
      }),
    give: (buffer) => back(buffer, true),
    drop: (buffer) => back(buffer, false),
    [Symbol.dispose]: () => {
      if (!leave()) return
      isOpen = false
      for (const carved of [...share.out.values()]) release(carved, false)
      for (const waiter of share.waiting) waiter.leave(new Error('this share of the buffers is disposed'))
      share.waiting.clear()
      serve()
    },
  }
}

const everyoneIsServed = (shares: ReadonlySet<Share>): boolean => {
  for (const { waiting } of shares) if (waiting.size > 0) return false
  return true
}

const firstInLine = (shares: ReadonlySet<Share>): { share: Share; waiter: Waiter }[] =>
  [...shares]
    .flatMap((share) => {
      const [waiter] = share.waiting
      return waiter === undefined ? [] : [{ share, waiter }]
    })
    .sort((a, b) => a.waiter.ticket - b.waiter.ticket)
