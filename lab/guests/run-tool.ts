import { spawn } from 'node:child_process'

export interface ToolOptions {
  readonly cwd?: string
  readonly input?: string
}

// Debian keeps file system tools where an ordinary user's PATH does not look.
const systemPath = '/usr/sbin:/sbin:/usr/bin:/bin'

/** Runs a program to its end and returns its output; fails with the program's own words. */
export const runTool = (
  program: string,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:${systemPath}`, LC_ALL: 'C.UTF-8' },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const out: Buffer[] = []
    const words: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => words.push(chunk))
    child.stdin.on('error', () => undefined) // a program that ended early says why on stderr
    child.on('error', (error) =>
      reject(new Error(`${program} could not be started: ${error.message}`, { cause: error })),
    )
    child.on('close', (status) => {
      if (status === 0) return resolve(Buffer.concat(out))
      const said = Buffer.concat(words).toString().trim().slice(-2000)
      reject(new Error(`${program} ${args[0] ?? ''} ended with status ${status}: ${said}`))
    })
    child.stdin.end(options.input ?? '')
  })
