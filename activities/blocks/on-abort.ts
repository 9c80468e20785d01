const listeners = new WeakMap<AbortSignal, Set<() => void>>()

/**
 * Calls `react` when the signal aborts, at once if it has; returns the function that stops listening. However many requests share a
 * signal it gets one listener (Node warns of a leak from the eleventh).
 */
export const onAbort = (signal: AbortSignal | undefined, react: () => void): (() => void) => {
  if (signal === undefined) return () => {}
  if (signal.aborted) {
    react()
    return () => {}
  }
  const all = listeners.get(signal) ?? listenTo(signal)
  all.add(react)
  return () => void all.delete(react)
}

/** The work's outcome, or at once the signal's reason: work that is slow to hear of an abort keeps nobody waiting. */
export const orAborted = <T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> =>
  new Promise((resolve, reject) => {
    const ignore = onAbort(signal, () => reject(signal?.reason as Error))
    work.then(resolve, reject).finally(ignore)
  })

const listenTo = (signal: AbortSignal): Set<() => void> => {
  const all = new Set<() => void>()
  listeners.set(signal, all)
  const fire = (): void => {
    for (const react of [...all]) react()
    all.clear()
  }
  signal.addEventListener('abort', fire, { once: true })
  return all
}
