import type { Screen } from './progress-line.js'

/** What a command talks to. */
export interface Terminal {
  /** Results only. */
  readonly stdout: { write(text: string): unknown }
  /** Progress and troubles. */
  readonly stderr: Screen
  /** Fires at Ctrl-C. */
  readonly signal: AbortSignal
}

export const printLine = (screen: { write(text: string): unknown }, line: string): void =>
  void screen.write(`${line}\n`)
