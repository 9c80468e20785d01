import { readFile, readdir, readlink } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** How the processes, mounts and files of one test run are known. */
export interface RunMarks {
  /** An environment variable that everything started by the run inherits, `NAME=value`. */
  readonly variable: string
  /** The run's own TMPDIR. */
  readonly tmpDir: string
  /** The run's own home. */
  readonly home: string
}

// Caches of tools, named by their authors; they hold no process and are removed with the folder.
const toolCaches = /^(tsx-\d+|node-compile-cache|v8-compile-cache.*|jest_.*|go-build.*)$/

/** Everything that a test run left behind, one line each; processes get a moment to end. */
export const findLeaks = async (marks: RunMarks, patienceMs = 5000): Promise<string[]> => {
  let processes = await markedProcesses(marks)
  for (const deadline = Date.now() + patienceMs; processes.length > 0 && Date.now() < deadline;) {
    await sleep(100)
    processes = await markedProcesses(marks)
  }
  const mounts = (await readFile('/proc/mounts', 'utf8'))
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((point) => isBelow(point, marks.tmpDir) || isBelow(point, marks.home))
  const files = (await readdir(marks.tmpDir)).filter((name) => !toolCaches.test(name))
  return [
    ...processes.map(({ pid, words }) => `process ${pid}: ${words}`),
    ...mounts.map((point) => `mount: ${point}`),
    ...files.map((name) => `temporary file or folder: ${name}`),
  ]
}

/** Ends what `findLeaks` found, so that one run's leak does not disturb the next. */
export const endMarkedProcesses = async (marks: RunMarks): Promise<void> => {
  for (const { pid } of await markedProcesses(marks)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It ended by itself meanwhile.
    }
  }
}

interface MarkedProcess {
  readonly pid: number
  readonly words: string
}

/** By inherited environment; for children that were given another one, by where they work and what they name. */
const markedProcesses = async (marks: RunMarks): Promise<MarkedProcess[]> => {
  const found: MarkedProcess[] = []
  for (const name of await readdir('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid) || pid === process.pid) continue
    const words = (await readOrEmpty(`/proc/${pid}/cmdline`)).replaceAll('\0', ' ').trim()
    // A zombie has no command line, and is its parent's to collect.
    if (words === '') continue
    const environment = (await readOrEmpty(`/proc/${pid}/environ`)).split('\0')
    const folder = await readlink(`/proc/${pid}/cwd`).catch(() => '')
    const isOurs =
      environment.includes(marks.variable) || words.includes(marks.tmpDir) || isBelow(folder, marks.tmpDir)
    if (isOurs) found.push({ pid, words: words.slice(0, 200) })
  }
  return found
}

const readOrEmpty = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '')

const isBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`)
