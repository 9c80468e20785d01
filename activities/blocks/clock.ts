/** Time as the engine needs it: milliseconds since some start, and a call when some have passed. */
export interface Clock {
  now(): number
  /** Calls `run` once in about `ms`; returns the function that forbids it. */
  after(ms: number, run: () => void): () => void
}

// A longer timer would fire at once: Node keeps its delay in 31 bits.
const longestTimerMs = 2 ** 31 - 1

// Never the reason a process lives on: who waits for one is kept alive by what he waits with.
const after: Clock['after'] = (ms, run) => {
  const timer = setTimeout(run, Math.min(Math.ceil(ms), longestTimerMs)).unref()
  return () => clearTimeout(timer)
}

/** Steady: nobody sets it. */
export const steadyClock: Clock = { now: () => performance.now(), after }

/** The time of day, in ms since 1970; may jump when the machine's clock is set. */
export const wallClock: Clock = { now: () => Date.now(), after }
