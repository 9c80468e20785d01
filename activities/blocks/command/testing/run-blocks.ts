import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

import { runCommandLine } from '../command-line.js'

export interface Ended {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface BlocksRun {
  readonly child: ChildProcess
  /** What is on stderr so far. */
  readonly stderr: () => string
  readonly ended: Promise<Ended>
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

/** Does what the process does, within this one: most of a short command is the start of its process. */
export const runHere = async (words: readonly string[], signal: AbortSignal): Promise<Ended> => {
  const said = { stdout: '', stderr: '' }
  const screen = (name: keyof typeof said) => ({ write: (text: string) => void (said[name] += text) })
  const status = await runCommandLine(words, { stdout: screen('stdout'), stderr: screen('stderr'), signal })
  return { status, signal: null, ...said }
}

export const runBlocks = (...words: readonly string[]): Promise<Ended> =>
  runHere(words, new AbortController().signal)
