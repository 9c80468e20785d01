import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { DevConfig } from './config.js'
import { openInstance } from './instance.js'
import { layoutOf, makeFolders, type Layout } from './layout.js'
import { endMarkedProcesses, findLeaks, type RunMarks } from './leaks.js'
import { print, runStep, secondsSince } from './progress.js'
import { provideTools, type Tools } from './setup/tools.js'
import { startStack, type Stack } from './stack.js'
import { listenForStop } from './stop-signal.js'
import { openSupervisor } from './supervisor.js'
import { addCounts, nothing, summaryLine, type Counts } from './test-counts.js'
import { chooseSuites, runSuite, suiteWorkers, type SuiteChoice, type SuiteName } from './test-suites.js'

/**
 * `npm test [-- suite] [path …]`: set-up, the suites on services of their own, then a look for anything left
 * behind. Its last line is `N passed, N failed`; status 1 when anything failed.
 */
export const test = async (layout: Layout, config: DevConfig, words: readonly string[]): Promise<number> => {
  const begun = performance.now()
  const stop = listenForStop()
  const home = join(layout.home, 'test')
  const own = layoutOf(layout.root, home, layout.cacheDir)
  // The tests bring their own services, whatever the environment names.
  const ownConfig: DevConfig = {
    ...config,
    home,
    databaseUrl: undefined,
    temporal: undefined,
    nbdkit: undefined,
  }
  const counts = await runAll(own, ownConfig, chooseSuites(words), stop.signal)
  for (const note of counts.notes) print(`  ${note}`)
  print(`\nTests took ${secondsSince(begun)} s.`)
  print(summaryLine(counts))
  return counts.failed === 0 && !stop.signal.aborted ? 0 : 1
}

const runAll = async (
  layout: Layout,
  config: DevConfig,
  choice: SuiteChoice,
  signal: AbortSignal,
): Promise<Counts> => {
  await using instance = await openInstance(layout)
  const tools = await provideTools(layout, config, { lab: true, tests: true }, signal)
  // Each run begins empty: a database that an earlier test left broken must not decide this one.
  await rm(layout.stateDir, { recursive: true, force: true })
  await makeFolders(layout)
  await using tmp = await openTmpDir()
  const variable = `SENDENSE_TEST_RUN=${randomBytes(8).toString('hex')}`
  const marks: RunMarks = { variable, tmpDir: tmp.path, home: layout.home }
  const base = environmentOf(layout, tools, marks)
  const supervisor = openSupervisor({
    children: instance.children,
    say: print,
    onRestart: async () => undefined,
  })
  const results: Counts[] = []
  try {
    const run = (name: SuiteName, env: NodeJS.ProcessEnv): Promise<Counts> =>
      runSuite(name, { layout, env, paths: choice.paths, signal })
    const wants = (name: SuiteName): boolean => choice.suites.includes(name) && !signal.aborted
    if (wants('unit')) results.push(await run('unit', base))
    if (wants('int')) {
      const stack = await startStack(layout, config, tools, instance.socketDir, supervisor, signal, {
        forTests: true,
        anyPorts: true,
        moreNamespaces: testNamespaces,
      })
      results.push(await run('int', { ...base, ...stackEnvironment(stack) }))
      await supervisor.stopAll()
    }
    // Each of its files starts the whole product as a person does.
    if (wants('e2e')) results.push(await run('e2e', base))
    if (wants('lab')) results.push(await run('lab', base))
    if (wants('chaos')) results.push(await run('chaos', { ...base, ...chaosEnvironment(choice) }))
  } finally {
    await supervisor.stopAll()
  }
  results.push(await runStep('look for leaks', (report) => countLeaks(marks, report.note)))
  return addCounts(results)
}

/** One check of its own: whatever is left is one failure and named. */
const countLeaks = async (marks: RunMarks, note: (text: string) => void): Promise<Counts> => {
  const leaks = await findLeaks(marks)
  await endMarkedProcesses(marks)
  note(leaks.length === 0 ? 'nothing left' : `${leaks.length} left`)
  if (leaks.length === 0) return { ...nothing, passed: 1 }
  return { passed: 0, failed: 1, notes: leaks.map((leak) => `left behind: ${leak}`) }
}

const openTmpDir = async (): Promise<AsyncDisposable & { readonly path: string }> => {
  const path = await mkdtemp(join(tmpdir(), 'sendense-t-'))
  // Services that give up root must be able to pass through.
  await chmod(path, 0o711)
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** What tests may rely on. Settings of a user's own installation are taken away. */
const environmentOf = (layout: Layout, tools: Tools, marks: RunMarks): NodeJS.ProcessEnv => {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(SENDENSE_|TEMPORAL_|DATABASE_URL$|PORT$)/.test(name),
  )
  const lab = tools.lab
  return {
    ...Object.fromEntries(inherited),
    TMPDIR: marks.tmpDir,
    SENDENSE_TEST_RUN: marks.variable.split('=')[1],
    SENDENSE_REQUIRE_ALL: '1',
    SENDENSE_CACHE_DIR: layout.cacheDir,
    SENDENSE_WEB_DIR: tools.webDir,
    ...(tools.temporal === undefined ? {} : { SENDENSE_TEST_TEMPORAL_CLI: tools.temporal.path }),
    ...(lab === undefined
      ? {}
      : {
          SENDENSE_TEST_LAB_BINARY: lab.binary,
          SENDENSE_TEST_IMAGES: lab.imagesDir,
          SENDENSE_TEST_VDDK_NBDKIT: join(dirname(lab.binary), 'vddk', 'nbdkit'),
        }),
  }
}

const chaosEnvironment = ({ rounds, seed }: SuiteChoice): NodeJS.ProcessEnv => ({
  ...(rounds === undefined ? {} : { SENDENSE_CHAOS_ROUNDS: rounds }),
  ...(seed === undefined ? {} : { SENDENSE_CHAOS_SEED: seed }),
})

/** Two for each of jest's workers: see testing/own-namespace.ts. */
const testNamespaces = Array.from({ length: suiteWorkers }, (_, index) => index + 1).flatMap((worker) => [
  `test-${worker}`,
  `test-api-${worker}`,
])

const stackEnvironment = ({ databaseUrl, temporal }: Stack): NodeJS.ProcessEnv => ({
  DATABASE_URL: databaseUrl,
  TEMPORAL_ADDRESS: temporal.address,
  TEMPORAL_NAMESPACE: temporal.namespace,
  SENDENSE_TEST_NAMESPACES: 'test',
  ...(temporal.uiUrl === undefined ? {} : { SENDENSE_TEST_TEMPORAL_UI: temporal.uiUrl }),
})
