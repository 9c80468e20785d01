import { spawn } from 'node:child_process'
import { setupFailed } from './setup-failed.js'

export interface CommandOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  readonly remedy?: string
}

export interface CommandResult {
  /** Exit status; 127 when the program is missing, 128 + n when a signal ended it. */
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end, in its own process group, and collects what it says. Never throws for its status. */
export const tryCommand = (
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> =>
  new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const output = { stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
    const end = (): void => endGroup(child.pid)
    const timer = options.timeoutMs === undefined ? undefined : setTimeout(end, options.timeoutMs)
    options.signal?.addEventListener('abort', end, { once: true })
    const finish = (status: number): void => {
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', end)
      resolve({ status, ...output })
    }
    child.on('error', (error) => {
      output.stderr += error.message
      finish(127)
    })
    child.on('close', (code, signal) => finish(code ?? (signal === null ? 1 : 137)))
  })

/** As `tryCommand`, but a status other than 0 becomes a Failure that ends with the program's last words. */
export const runCommand = async (
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> => {
  const result = await tryCommand(command, args, options)
  options.signal?.throwIfAborted()
  if (result.status === 0) return result
  const words = lastLines(`${result.stdout}\n${result.stderr}`, 15)
  throw setupFailed(
    `${command} ${args[0] ?? ''} ended with status ${result.status}:\n${words}`,
    options.remedy ?? 'Remove the cause named above and run the same command again.',
  )
}

export const lastLines = (text: string, count: number): string =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .map((line) => `    ${line}`)
    .join('\n')

const endGroup = (pid: number | undefined): void => {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Gone between the decision and the call.
  }
}
