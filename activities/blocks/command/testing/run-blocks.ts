import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

export interface BlocksRun {
  readonly child: ChildProcess
  /** What is on stderr so far. */
  readonly stderr: () => string
  readonly ended: Promise<{
    readonly status: number | null
    readonly signal: NodeJS.Signals | null
    readonly stdout: string
    readonly stderr: string
  }>
}

const main = join(__dirname, '..', 'main.ts')

/** Starts the real command as a process. */
export const startBlocks = (...words: readonly string[]): BlocksRun => {
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = (once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>).then(
    ([status, signal]) => ({ status, signal, stdout, stderr }),
  )
  return { child, stderr: () => stderr, ended }
}

export const runBlocks = (...words: readonly string[]): BlocksRun['ended'] => startBlocks(...words).ended
