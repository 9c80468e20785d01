import { launch, type LaunchOptions } from './launch.js'
import { ProcessError } from './process-error.js'
import { endLaunched } from './spawn-child.js'

export interface RunOptions extends Omit<LaunchOptions, 'socketPath'> {
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

export interface ProgramOutput {
  readonly code: number | null
  readonly stdout: string
  readonly stderrTail: string
}

const maxOutput = 4 * 1024 * 1024

/** Runs a program to its end, guarded like a server. Rejects when it is killed, too slow, or aborted. */
export const runProgram = async ({ timeoutMs, signal, ...options }: RunOptions): Promise<ProgramOutput> => {
  signal?.throwIfAborted()
  const launched = await launch(options)
  let stdout = ''
  launched.stdout.setEncoding('utf8')
  launched.stdout.on('data', (text: string) => {
    if (stdout.length < maxOutput) stdout += text
  })
  const ended = new Promise((resolve) => launched.stdout.once('close', resolve))
  const tooLong = AbortSignal.timeout(timeoutMs)
  const stop = signal === undefined ? tooLong : AbortSignal.any([signal, tooLong])
  const onStop = (): void => void endLaunched(launched, 0).catch(() => {})
  stop.addEventListener('abort', onStop, { once: true })
  if (stop.aborted) onStop()
  const { code, signal: killedBy } = await launched.exited
  stop.removeEventListener('abort', onStop)
  await ended
  await launched.forget()
  signal?.throwIfAborted()
  const stderrTail = launched.stderrTail()
  if (tooLong.aborted)
    throw new ProcessError(options.name, 'timeout', `took longer than ${timeoutMs} ms`, { stderrTail })
  if (killedBy !== null)
    throw new ProcessError(options.name, 'exited', `was killed by ${killedBy}`, { stderrTail })
  return { code, stdout, stderrTail }
}
