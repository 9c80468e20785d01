import type { Clock } from '../clock.js'

interface Timer {
  readonly at: number
  readonly run: () => void
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A clock that stands still until a test moves it; each timer runs at its own time, `lateMs` late if so asked. */
export const fakeClock = (startMs = 0, lateMs = 0) => {
  const timers = new Set<Timer>()
  let now = startMs
  const clock: Clock = {
    now: () => now,
    after(ms, run) {
      const timer = { at: now + ms + lateMs, run }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
  }
  const nextBefore = (end: number): Timer | undefined =>
    [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
  return {
    ...clock,
    /** How many timers are set. */
    get pending(): number {
      return timers.size
    },
    async advance(ms: number): Promise<void> {
      const end = now + ms
      await settled()
      for (let timer = nextBefore(end); timer !== undefined; timer = nextBefore(end)) {
        timers.delete(timer)
        now = Math.max(now, timer.at)
        timer.run()
        await settled()
      }
      now = end
    },
    /** As a process that was stopped, or a machine whose clock was set: time passes and no timer runs. */
    jump(ms: number): void {
      now += ms
    },
  }
}
