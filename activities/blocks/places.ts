import { onAbort } from './on-abort.js'

/** How many may work at once. A place is taken for as long as what `take` answers is not disposed of. */
export interface Places {
  /** Resolves when a place is free, first come first served; rejects with the signal's reason if that comes first. */
  take(signal?: AbortSignal): Promise<Disposable>
  /** A place, if one is free: then nobody waits for it. */
  tryTake(): Disposable | undefined
}

export interface CountedPlaces extends Places {
  /** From now on; where there are fewer than are taken, nobody is sent away. */
  setCount(count: number): void
  readonly taken: number
  readonly waiting: number
}

export const createPlaces = (count: number): CountedPlaces => {
  const waiting = new Set<(place: Disposable) => void>()
  let most = checkedCount(count)
  let taken = 0
  const place = (): Disposable => {
    let isHeld = true
    taken++
    return {
      [Symbol.dispose]: () => {
        if (!isHeld) return
        isHeld = false
        taken--
        serve()
      },
    }
  }
  const serve = (): void => {
    for (const enter of waiting) {
      if (taken >= most) return
      waiting.delete(enter)
      enter(place())
    }
  }
  return {
    take: (signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted()
        const ignore = onAbort(signal, () => {
          waiting.delete(enter)
          reject(signal?.reason as Error)
        })
        const enter = (free: Disposable): void => {
          ignore()
          resolve(free)
        }
        waiting.add(enter)
        serve()
      }),
    tryTake: () => (taken < most ? place() : undefined),
    setCount(next) {
      most = checkedCount(next)
      serve()
    },
    get taken() {
      return taken
    },
    get waiting() {
      return waiting.size
    },
  }
}

const checkedCount = (count: number): number => {
  if (count >= 1) return count
  throw new RangeError(`${count} places would let nobody in`)
}
