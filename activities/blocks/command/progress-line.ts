import { formatBytes, formatPercent, formatSeconds } from './format.js'

/** Where the progress goes: process.stderr, or what a test puts there. */
export interface Screen {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

export interface ProgressLine {
  /** `notes` stand behind percent, speed and time left. */
  show(done: number, total: number, notes: readonly string[]): void
  /** Takes the rewritten line away: what is printed next stands on a line of its own. */
  end(): void
}

const rewriteMs = 200
const linesMs = 5000
const windowMs = 10_000

/** On a terminal one line that is rewritten, else a line every five seconds. */
export const createProgressLine = (
  screen: Screen,
  now: () => number = () => performance.now(),
): ProgressLine => {
  const speed = createSpeed(now)
  const everyMs = screen.isTTY === true ? rewriteMs : linesMs
  let shownAt = now()
  let isShown = false
  return {
    show(done, total, notes) {
      const bytesPerSecond = speed(done)
      if (now() - shownAt < everyMs) return
      shownAt = now()
      const words = [formatPercent(done, total), `${formatBytes(done)} of ${formatBytes(total)}`]
      if (bytesPerSecond > 0) {
        words.push(`${formatBytes(Math.round(bytesPerSecond))}/s`)
        words.push(`${formatSeconds((total - done) / bytesPerSecond)} left`)
      }
      const line = [...words, ...notes].join(', ')
      if (screen.isTTY !== true) return void screen.write(`${line}\n`)
      isShown = true
      screen.write(`\r${line.slice(0, (screen.columns ?? 80) - 1)}\u001b[K`)
    },
    end() {
      if (isShown) screen.write('\r\u001b[K')
      isShown = false
    },
  }
}

/** Bytes per second over the last seconds: what a pause or a zero area does to the speed shows, and passes. */
const createSpeed = (now: () => number): ((done: number) => number) => {
  const seen: { at: number; done: number }[] = []
  return (done) => {
    const at = now()
    const last = seen.at(-1)
    if (last === undefined || at - last.at >= rewriteMs) seen.push({ at, done })
    while (seen.length > 2 && at - seen[0]!.at > windowMs) seen.shift()
    const first = seen[0]!
    return at > first.at ? ((done - first.done) / (at - first.at)) * 1000 : 0
  }
}
