import { readFile, readdir } from 'node:fs/promises'
import { basename } from 'node:path'

export interface FoundProcess {
  readonly pid: number
  /** `worker`, `api`, `guard` or the program's own name. */
  readonly name: string
  readonly words: string
}

/** All processes of the product in this home: by their arguments, their environment, or the worker they serve. */
export const processesOf = async (home: string, socketDir: string): Promise<FoundProcess[]> => {
  const found: FoundProcess[] = []
  for (const entry of await readdir('/proc')) {
    const pid = Number(entry)
    if (!Number.isInteger(pid) || pid === process.pid) continue
    const words = (await textOf(`/proc/${pid}/cmdline`)).replaceAll('\0', ' ').trim()
    const isOurs =
      words.includes(home) ||
      words.includes(socketDir) ||
      (await textOf(`/proc/${pid}/environ`)).split('\0').includes(`SENDENSE_HOME=${home}`)
    // A zombie has no arguments, and is its parent's to collect.
    if (words !== '' && isOurs) found.push({ pid, name: nameOf(words), words })
  }
  return found
}

const nameOf = (words: string): string => {
  const service = /(worker|api)\/main\.ts/.exec(words)?.[1]
  return service ?? basename(words.split(' ')[0] ?? '')
}

const textOf = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '')

/** Guards of workers that are gone: they end their children and then themselves. */
export const orphanedGuards = async (root: string): Promise<FoundProcess[]> => {
  const found: FoundProcess[] = []
  for (const entry of await readdir('/proc')) {
    const pid = Number(entry)
    if (!Number.isInteger(pid)) continue
    const words = (await textOf(`/proc/${pid}/cmdline`)).replaceAll('\0', ' ').trim()
    if (!words.includes(`${root}/activities/processes/guard.mjs`)) continue
    const stat = await textOf(`/proc/${pid}/stat`)
    const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]
    if (parent === '1') found.push({ pid, name: 'guard', words })
  }
  return found
}
