/** How many may work at once. A place is taken for as long as what `take` answers is not disposed of. */
export interface Slots {
  /** Resolves when a place is free, first come first served; rejects with the signal's reason if that comes first. */
  take(signal: AbortSignal): Promise<Disposable>
}

/** Steps that move whole disks wait here, beating, so that all others of their queue never wait behind them. */
export const createSlots = (count: number): Slots => {
  const waiting = new Set<() => void>()
  let free = count
  const give = (): Disposable => {
    let isHeld = true
    return {
      [Symbol.dispose]: () => {
        if (!isHeld) return
        isHeld = false
        const [next] = waiting
        if (next === undefined) free++
        else next()
      },
    }
  }
  return {
    take: (signal) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted()
        if (free > 0) {
          free--
          return resolve(give())
        }
        const leave = (): void => {
          waiting.delete(enter)
          reject(signal.reason as Error)
        }
        const enter = (): void => {
          waiting.delete(enter)
          signal.removeEventListener('abort', leave)
          resolve(give())
        }
        waiting.add(enter)
        signal.addEventListener('abort', leave, { once: true })
      }),
  }
}
