import { execFile } from 'node:child_process'
import { arch, cpus, loadavg, release, totalmem, type } from 'node:os'
import { promisify } from 'node:util'

/** What numbers can be compared with: same processor, same tools. Names neither host nor user. */
export interface Machine {
  readonly processor: string
  readonly cores: number
  readonly memoryBytes: number
  readonly system: string
  /** One-minute load when the bench began: above the cores, others were at work too. */
  readonly load: number
  readonly versions: Readonly<Record<string, string>>
}

export const describeMachine = async (programs: readonly string[]): Promise<Machine> => {
  const load = loadavg()[0] ?? 0
  const all = cpus()
  const found = await Promise.all(programs.map(async (name) => [name, await versionOf(name)] as const))
  return {
    processor: all[0]?.model ?? 'unknown',
    cores: all.length,
    memoryBytes: totalmem(),
    system: `${type()} ${release()} ${arch()}`,
    load: Math.round(load * 100) / 100,
    versions: { node: process.version, ...Object.fromEntries(found) },
  }
}

const versionOf = async (program: string): Promise<string> => {
  const { stdout } = await promisify(execFile)(program, ['--version']).catch(
    (error: NodeJS.ErrnoException) => {
      const why = error.code === 'ENOENT' ? 'is not installed' : error.message
      throw new Error(`${program} ${why}; the bench measures beside it (npm run doctor says what to install)`)
    },
  )
  return /\d+(\.\d+)+\S*/.exec(stdout)?.[0] ?? stdout.split('\n')[0] ?? ''
}
