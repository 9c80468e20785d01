import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, posix, resolve } from 'node:path'
import { promisify } from 'node:util'
import { probes, type Probe } from './import-rules.probes.js'

const root = resolve(__dirname, '..')
const configFile = join(root, '.dependency-cruiser.cjs')
const rooms = [...new Set(probes.map(({ from }) => from.split('/')[0]!))]

/** Rules broken, by the file that breaks them. */
type Verdict = ReadonlyMap<string, ReadonlySet<string>>

const fileOf = (probe: Probe): string => `${probe.from}/probe-${probes.indexOf(probe)}.ts`
const isOurs = (target: string): boolean => rooms.includes(target.split('/')[0]!)

const specifier = (from: string, target: string): string =>
  isOurs(target) ? `${posix.relative(from, target)}.js`.replace(/^(?!\.)/, './') : target

const sourceOf = ({ from, value = [], type = [], lines = [], cycle }: Probe): string =>
  [
    ...[...value, ...(cycle === undefined ? [] : [cycle.through])].map(
      (target, n) => `import * as value${n} from '${specifier(from, target)}'`,
    ),
    ...type.map((target, n) => `import type * as type${n} from '${specifier(from, target)}'`),
    ...lines,
  ].join('\n')

/** A tree with the probes, the modules that they import, and the real packages. */
const writeTree = async (dir: string): Promise<void> => {
  for (const name of ['package.json', 'tsconfig.json']) await copyFile(join(root, name), join(dir, name))
  await symlink(join(root, 'node_modules'), join(dir, 'node_modules'))
  const targets = probes.flatMap(({ value = [], type = [] }) => [...value, ...type])
  const files = new Map(
    targets.filter(isOurs).map((target) => [`${target}.ts`, 'export type Thing = string']),
  )
  for (const probe of probes) {
    files.set(fileOf(probe), sourceOf(probe))
    if (probe.cycle === undefined) continue
    const { through, back } = probe.cycle
    const kind = back === 'type' ? ' type' : ''
    const self = specifier(posix.dirname(through), fileOf(probe).slice(0, -'.ts'.length))
    files.set(`${through}.ts`, `import${kind} * as back from '${self}'`)
  }
  for (const [path, text] of files) {
    await mkdir(join(dir, dirname(path)), { recursive: true })
    await writeFile(join(dir, path), `${text}\n`, { flag: 'wx' })
  }
}

const cruise = async (dir: string): Promise<Verdict> => {
  const program = join(root, 'node_modules', '.bin', 'depcruise')
  const args = ['--config', configFile, '--output-type', 'json', ...rooms]
  const options = { cwd: dir, maxBuffer: 64 * 2 ** 20 }
  const { stdout } = await promisify(execFile)(program, args, options).catch((error: unknown) => {
    // Its status counts the violations, which are what is asked for here.
    if (typeof (error as { code?: unknown }).code === 'number') return error as { stdout: string }
    throw error
  })
  const { summary } = JSON.parse(stdout) as {
    summary: { violations: { from: string; rule: { name: string }; cycle?: { name: string }[] }[] }
  }
  const verdict = new Map<string, Set<string>>()
  // A cycle is told once, as seen from one of its members.
  for (const { from, rule, cycle = [] } of summary.violations)
    for (const file of [from, ...cycle.map((member) => member.name)])
      verdict.set(file, (verdict.get(file) ?? new Set()).add(rule.name))
  return verdict
}

let verdict: Verdict

beforeAll(async () => {
  const dir = await mkdtemp(join(tmpdir(), 'import-rules-'))
  try {
    await writeTree(dir)
    verdict = await cruise(dir)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}, 120_000)

const name = ({ from, value = [], type = [], lines = [], cycle, breaks = [] }: Probe): string => {
  const back = cycle === undefined ? [] : [`a module that imports it back by ${cycle.back}`]
  const what = [...value, ...type.map((target) => `type ${target}`), ...lines, ...back].join(', ')
  return `${from} ${breaks.length === 0 ? 'may' : 'may not'} import ${what}`
}

test.each(probes.map((probe) => ({ name: name(probe), probe })))('$name', ({ probe }) => {
  expect([...(verdict.get(fileOf(probe)) ?? [])].sort()).toEqual([...(probe.breaks ?? [])].sort())
})

test('every rule of the configuration is tried, and each is an error', () => {
  const { forbidden } = jest.requireActual<{ forbidden: { name: string; severity: string }[] }>(configFile)
  expect(forbidden.filter((rule) => rule.severity !== 'error')).toEqual([])
  const tried = new Set(probes.flatMap(({ breaks = [] }) => breaks))
  expect([...tried].sort()).toEqual(forbidden.map((rule) => rule.name).sort())
})

test('every row of the table in docs/architecture.md has an allowed and a wrong import', async () => {
  const text = await readFile(join(root, 'docs', 'architecture.md'), 'utf8')
  const table = text.slice(text.indexOf('## Who may import whom')).split('\n## ')[0]!
  const rows = [...table.matchAll(/^\| (?!from |-)([^|]+?) +\|/gm)].map(([, row]) => row!)
  const rowsWith = (isWrong: boolean): string[] =>
    probes.filter(({ breaks = [] }) => breaks.length > 0 === isWrong).map(({ row }) => row)
  expect(rows.length).toBeGreaterThan(8)
  expect([...new Set(rowsWith(true))].sort()).toEqual([...rows].sort())
  expect([...new Set(rowsWith(false))].sort()).toEqual([...rows].sort())
})
