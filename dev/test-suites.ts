import { spawn } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import type { Layout } from './layout.js'
import { print, secondsSince } from './progress.js'
import { countGo, countJest, summaryLine, type Counts } from './test-counts.js'
import { readTextIfThere } from './write-file.js'

export const suiteNames = ['unit', 'int', 'e2e', 'lab', 'chaos'] as const
export type SuiteName = (typeof suiteNames)[number]

export interface SuiteChoice {
  readonly suites: readonly SuiteName[]
  readonly paths: readonly string[]
  /** For the chaos suite: how many rounds and from which seed; its tests' own choice when absent. */
  readonly rounds?: string
  readonly seed?: string
}

/**
 * The first word may name a suite; all others are parts of test files' paths (which Go's suite does not have). Behind
 * `chaos` numbers are the rounds and the seed; it runs only when it is named.
 */
export const chooseSuites = (words: readonly string[]): SuiteChoice => {
  const [first, ...rest] = words
  const named = suiteNames.find((name) => name === first)
  if (named === 'chaos') return chooseChaos(rest)
  if (named !== undefined) return { suites: [named], paths: rest }
  const usual = suiteNames.filter((name) => name !== 'chaos')
  return {
    suites: usual.filter((name) => words.length === 0 || name !== 'lab'),
    paths: words,
  }
}

const chooseChaos = (words: readonly string[]): SuiteChoice => {
  const isNumber = (word: string): boolean => /^\d+$/.test(word)
  const [rounds, seed] = words.filter(isNumber)
  const paths = words.filter((word) => !isNumber(word)).map((name) => `/${name}.chaos.test.`)
  return {
    suites: ['chaos'],
    paths,
    ...(rounds === undefined ? {} : { rounds }),
    ...(seed === undefined ? {} : { seed }),
  }
}

export interface SuiteOptions {
  readonly layout: Layout
  readonly env: NodeJS.ProcessEnv
  /** Only test files whose path holds one of these; none = all. */
  readonly paths: readonly string[]
  readonly signal: AbortSignal
}

// A suite that hangs must not hang whoever waits for the result.
const suiteTimeoutMs = 25 * 60_000
const chaosTimeoutMs = 4 * 60 * 60_000

/** Files of int at once: on two cores three keep both at work, for much of their time is waiting. */
export const suiteWorkers = 3
const inOrder = ['--testSequencer=./dev/testing/longest-first.js']

const jestArguments: Record<Exclude<SuiteName, 'lab'>, readonly string[]> = {
  // Jest's own choice on two cores is one.
  unit: ['--maxWorkers=2'],
  int: [`--maxWorkers=${suiteWorkers}`, ...inOrder, '--testTimeout=120000'],
  // Each has a product of its own: a third makes the others late.
  e2e: ['--maxWorkers=2', ...inOrder, '--testTimeout=600000'],
  chaos: ['--runInBand', `--testTimeout=${chaosTimeoutMs}`],
}

/** Runs one suite with its output on the terminal, and counts. */
export const runSuite = async (name: SuiteName, options: SuiteOptions): Promise<Counts> => {
  const begun = performance.now()
  print(`\n• suite ${name}`)
  const counts = name === 'lab' ? await runGo(options) : await runJest(name, options)
  print(`• suite ${name} … ${summaryLine(counts)} in ${secondsSince(begun)} s`)
  return counts
}

const runJest = async (name: Exclude<SuiteName, 'lab'>, options: SuiteOptions): Promise<Counts> => {
  const { layout, paths } = options
  const report = join(layout.runDir, `jest-${name}.json`)
  await rm(report, { force: true })
  const jest = join(layout.root, 'node_modules', 'jest', 'bin', 'jest.js')
  const common = ['--selectProjects', name, '--ci', '--passWithNoTests', '--json', `--outputFile=${report}`]
  const cache = `--cacheDirectory=${join(layout.cacheDir, 'jest')}`
  const filter = paths.length === 0 ? [] : ['--', ...paths]
  const args = [jest, ...common, cache, ...jestArguments[name], ...filter]
  const child = start(
    process.execPath,
    args,
    layout.root,
    options,
    name === 'chaos' ? chaosTimeoutMs : suiteTimeoutMs,
  )
  // With --json jest prints the report on stdout, too; what people read is on stderr.
  child.stdout.resume()
  const end = await child.ended
  const text = await readTextIfThere(report)
  if (text === undefined)
    return { passed: 0, failed: 1, notes: [`${name}: jest ended (${end}) without a report`] }
  const counts = countJest(JSON.parse(text), true)
  if (end === 'status 0' || counts.failed > 0) return counts
  return { ...counts, failed: 1, notes: [`${name}: jest ended (${end}) though no test failed`] }
}

const runGo = async (options: SuiteOptions): Promise<Counts> => {
  const cwd = join(options.layout.root, 'lab', 'vcenter')
  const child = start('go', ['test', '-json', '-timeout', '20m', './...'], cwd, options)
  const lines: string[] = []
  const reader = createInterface({ input: child.stdout })
  reader.on('line', (line) => {
    lines.push(line)
    showGoLine(line)
  })
  const end = await child.ended
  const counts = countGo(lines)
  if (end === 'status 0' || counts.failed > 0) return counts
  return { ...counts, failed: 1, notes: [`lab: go test ended (${end}) though no test failed`] }
}

/** Shows what `go test` itself would: a line per package, and what a test printed. */
const showGoLine = (line: string): void => {
  let event: { Action?: string; Output?: string }
  try {
    event = JSON.parse(line) as typeof event
  } catch {
    return print(line)
  }
  const output = event.Output ?? ''
  if (event.Action !== 'output' && event.Action !== 'build-output') return
  if (!/^(=== |\s*--- PASS|PASS$)/m.test(output)) process.stdout.write(output)
}

interface StartedSuite {
  readonly stdout: NodeJS.ReadableStream
  /** `status 0`, `signal SIGKILL`, `time-out`. */
  readonly ended: Promise<string>
}

const start = (
  command: string,
  args: readonly string[],
  cwd: string,
  options: SuiteOptions,
  timeoutMs = suiteTimeoutMs,
): StartedSuite => {
  const child = spawn(command, args, {
    cwd,
    env: options.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let reason: string | undefined
  const kill = (why: string) => (): void => {
    reason = why
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  }
  const timer = setTimeout(kill('time-out'), timeoutMs)
  const stopNow = kill('stopped')
  options.signal.addEventListener('abort', stopNow, { once: true })
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('close', (status, signal) =>
      resolve(reason ?? (signal === null ? `status ${status}` : `signal ${signal}`)),
    )
  })
  return {
    stdout: child.stdout,
    ended: ended.finally(() => {
      clearTimeout(timer)
      options.signal.removeEventListener('abort', stopNow)
    }),
  }
}
