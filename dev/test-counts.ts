import { z } from 'zod'

/** What one suite came to. `notes` are lines for the end of the run: each failure, each skip. */
export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly notes: readonly string[]
}

export const nothing: Counts = { passed: 0, failed: 0, notes: [] }

export const addCounts = (all: readonly Counts[]): Counts => ({
  passed: all.reduce((sum, { passed }) => sum + passed, 0),
  failed: all.reduce((sum, { failed }) => sum + failed, 0),
  notes: all.flatMap(({ notes }) => notes),
})

/** Exactly the line that others look for. */
export const summaryLine = ({ passed, failed }: Counts): string => `${passed} passed, ${failed} failed`

const JestReport = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numRuntimeErrorTestSuites: z.int(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
})

/**
 * Counts from jest's --json. A file that could not even be loaded is one failure. With `refuseSkips` a skipped
 * test is one too: what a registry can install must not be missing here.
 */
export const countJest = (report: unknown, refuseSkips: boolean): Counts => {
  const found = JestReport.parse(report)
  const named = (statuses: readonly string[], word: string): string[] =>
    found.testResults.flatMap(({ name, assertionResults }) =>
      assertionResults
        .filter(({ status }) => statuses.includes(status))
        .map(({ fullName }) => `${word}: ${fullName} (${name})`),
    )
  const skipped = named(['pending', 'skipped', 'todo'], 'skipped')
  const broken = found.testResults
    .filter(({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0)
    .map(({ name }) => `could not be run: ${name}`)
  return {
    passed: found.numPassedTests,
    failed: found.numFailedTests + found.numRuntimeErrorTestSuites + (refuseSkips ? skipped.length : 0),
    notes: [...broken, ...named(['failed'], 'failed'), ...skipped],
  }
}

interface GoEvent {
  readonly Action?: string
  readonly Package?: string
  readonly Test?: string
}

/** Counts from `go test -json`: tests that hold no subtests, and packages that failed outside any test. */
export const countGo = (lines: readonly string[]): Counts => {
  const events = lines.flatMap(parseGoEvent)
  const ends = events.filter(({ Test, Action }) => Test !== undefined && isEnd(Action))
  const keyOf = ({ Package, Test }: GoEvent): string => `${Package ?? ''} ${Test ?? ''}`
  const parents = new Set(
    ends.flatMap((end) => (end.Test?.includes('/') ? [keyOf(end).replace(/\/[^/]*$/, '')] : [])),
  )
  const leaves = ends.filter((end) => !parents.has(keyOf(end)))
  const failedTests = leaves.filter(({ Action }) => Action !== 'pass')
  const packagesWithFailedTest = new Set(
    ends.filter(({ Action }) => Action !== 'pass').map(({ Package }) => Package),
  )
  const failedPackages = events.filter(
    ({ Action, Test, Package }) =>
      Action === 'fail' && Test === undefined && !packagesWithFailedTest.has(Package),
  )
  return {
    passed: leaves.length - failedTests.length,
    failed: failedTests.length + failedPackages.length,
    notes: [
      ...failedTests.map((end) => `${end.Action === 'skip' ? 'skipped' : 'failed'}: ${keyOf(end)}`),
      ...failedPackages.map(({ Package }) => `could not be run: ${Package ?? 'a package'}`),
    ],
  }
}

const isEnd = (action: string | undefined): boolean =>
  action === 'pass' || action === 'fail' || action === 'skip'

const parseGoEvent = (line: string): GoEvent[] => {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? [value as GoEvent] : []
  } catch {
    return []
  }
}
