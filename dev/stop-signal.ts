import { print } from './progress.js'

export interface StopSignal {
  /** Aborted at the first Ctrl-C, TERM or hang-up. */
  readonly signal: AbortSignal
  readonly asked: Promise<void>
  /** What a second Ctrl-C does. */
  onImpatience(act: () => void): void
}

// npm, the bootstrap and the terminal each pass one Ctrl-C on; only a later one is a second wish.
const sameWishMs = 1500

/** Turns the signals that end a program into one AbortSignal. */
export const listenForStop = (): StopSignal => {
  const controller = new AbortController()
  let impatient: (() => void) | undefined
  let firstAt = 0
  const asked = new Promise<void>((resolve) => {
    const hear = (): void => {
      if (!controller.signal.aborted) {
        firstAt = Date.now()
        print('\n• stopping (again to stop at once)')
        controller.abort()
        resolve()
      } else if (Date.now() - firstAt > sameWishMs) impatient?.()
    }
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, hear)
  })
  return { signal: controller.signal, asked, onImpatience: (act) => (impatient = act) }
}
