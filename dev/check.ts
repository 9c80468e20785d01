import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { Layout } from './layout.js'
import { makeFolders } from './layout.js'
import { print, secondsSince } from './progress.js'
import { tryCommand } from './run-command.js'
import { listenForStop } from './stop-signal.js'

interface Check {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly cwd?: string
  /** Fails also when it says anything at status 0 (gofmt). */
  readonly mustBeSilent?: boolean
}

// The product's folders, as DESIGN's import table names them.
const rooms = ['domain', 'workflows', 'activities', 'worker', 'api', 'drizzle', 'lab', 'dev', 'bench', 'web']
const atOnce = 2

/** `npm run check`: every static check, two at a time, each with its result and time. */
export const check = async (layout: Layout): Promise<number> => {
  await makeFolders(layout)
  const { signal } = listenForStop()
  const waiting = [...checks(layout)]
  const failed: string[] = []
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      signal.throwIfAborted()
      if (!(await passes(next, layout, signal))) failed.push(next.name)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  print(failed.length === 0 ? '\nAll checks passed.' : `\nFailed: ${failed.join(', ')}`)
  return failed.length === 0 ? 0 : 1
}

/** The slow ones first, so that two lanes end together. */
const checks = (layout: Layout): Check[] => {
  const tool = (name: string): string => join(layout.root, 'node_modules', '.bin', name)
  const cached = (name: string): string => join(layout.cacheDir, name)
  const go = { cwd: join(layout.root, 'lab', 'vcenter') }
  const eslintCache = ['--cache', '--cache-strategy', 'content', '--cache-location', cached('eslint')]
  const prettierCache = ['--cache', '--cache-strategy', 'content', '--cache-location', cached('prettier')]
  return [
    { name: 'eslint', command: tool('eslint'), args: ['.', '--max-warnings', '0', ...eslintCache] },
    { name: 'types', command: tool('tsc'), args: ['--noEmit', '-p', '.'] },
    { name: 'types of the web page', command: tool('tsc'), args: ['--noEmit', '-p', 'web'] },
    { name: 'imports', command: tool('depcruise'), args: ['--config', '.dependency-cruiser.cjs', ...rooms] },
    { name: 'unused code', command: tool('knip'), args: ['--no-progress'] },
    { name: 'format', command: tool('prettier'), args: ['--check', '.', ...prettierCache] },
    { name: 'migrations', command: tool('drizzle-kit'), args: ['check'] },
    { name: 'Go vet', command: 'go', args: ['vet', './...'], ...go },
    { name: 'Go format', command: 'gofmt', args: ['-l', '.'], mustBeSilent: true, ...go },
  ]
}

const passes = async (one: Check, layout: Layout, signal: AbortSignal): Promise<boolean> => {
  const begun = performance.now()
  const result = await tryCommand(one.command, one.args, { cwd: one.cwd ?? layout.root, signal })
  signal.throwIfAborted()
  const isSilent = `${result.stdout}${result.stderr}`.trim() === ''
  const ok = result.status === 0 && (one.mustBeSilent !== true || isSilent)
  print(`• ${one.name} … ${ok ? 'passed' : 'FAILED'} in ${secondsSince(begun)} s`)
  if (!ok) print(indent(`${result.stdout}\n${result.stderr}`))
  return ok
}

const indent = (text: string): string =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => `    ${line}`)
    .join('\n')
