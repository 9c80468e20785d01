import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'

// Tests and benches are run from the project's folder; neither kind of module can say where it lies in one way.
const root = process.cwd()

export interface Running {
  readonly pid: number
  /** Exit status; null when a signal ended it. */
  readonly ended: Promise<number | null>
  /** All that it printed so far. */
  text(): string
}

/** What a person types, with the caches of this machine but a home of its own, and none of the test's services. */
export const runNpm = (
  home: string,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Running => {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(DATABASE_URL|PORT$|TEMPORAL_|SENDENSE_(?!CACHE))/.test(name),
  )
  const child = spawn(process.execPath, ['dev/bootstrap.mjs', ...words, '--home', home], {
    cwd: root,
    env: {
      ...Object.fromEntries(kept),
      SENDENSE_TEST_RUN: process.env['SENDENSE_TEST_RUN'],
      PORT: '0',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  return { pid: child.pid ?? 0, ended, text: () => text }
}

/** Asks again and again until there is an answer; after `withinMs` throws `explain()`. */
export const until = async <T>(
  what: () => Promise<T | undefined | false>,
  explain: () => string,
  withinMs = 100_000,
): Promise<T> => {
  const deadline = Date.now() + withinMs
  for (;;) {
    const answer = await what()
    if (answer !== undefined && answer !== false) return answer
    if (Date.now() > deadline) throw new Error(explain())
    await sleep(100)
  }
}
