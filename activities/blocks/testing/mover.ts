import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import type { CopyResult } from '../copy-meter.js'
import type { MoverJob, MoverLine, MoverOrder } from './mover-job.js'

/** A mover process as a test sees it; it dies with the test's scope. */
export interface MoverChild extends AsyncDisposable {
  readonly pid: number
  /** What it says, to its end. */
  readonly lines: AsyncIterable<MoverLine>
  readonly stderr: () => string
  signal(name: NodeJS.Signals): void
  order(order: MoverOrder): void
  exited(): Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

/** Starts a mover with its job in a file of the attempt's name. */
export const startMover = async (job: MoverJob): Promise<MoverChild> => {
  const path = `${job.to}.job`
  await writeFile(path, JSON.stringify(job))
  const script = join(__dirname, 'mover-process.ts')
  const child = spawn(process.execPath, ['--import', 'tsx', script, path], { stdio: 'pipe' })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  // It may be dead already when it is given its order.
  child.stdin.on('error', () => {})
  const over = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  const lines = createInterface({ input: child.stdout })
  return {
    pid: child.pid!,
    lines: parsed(lines),
    stderr: () => stderr,
    signal: (name) => void child.kill(name),
    order: (order) => void child.stdin.write(`${JSON.stringify(order)}\n`),
    async exited() {
      const [code, signal] = await over
      return { code, signal }
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await over
    },
  }
}

/** Listens to its end; undefined where it did not come through. */
export const endOf = async (mover: MoverChild): Promise<CopyResult | undefined> => {
  let result: CopyResult | undefined
  for await (const line of mover.lines) if (line.line === 'done') result = line.result
  await mover.exited()
  return result
}

async function* parsed(lines: AsyncIterable<string>): AsyncGenerator<MoverLine> {
  for await (const line of lines) yield JSON.parse(line) as MoverLine
}
