import { addCounts, countGo, countJest, summaryLine } from './test-counts.js'
import { chooseSuites } from './test-suites.js'

const file = (name: string, status: string, tests: Record<string, string>) => ({
  name,
  status,
  assertionResults: Object.entries(tests).map(([fullName, ended]) => ({ fullName, status: ended })),
})

const report = {
  numPassedTests: 2,
  numFailedTests: 1,
  numRuntimeErrorTestSuites: 1,
  testResults: [
    file('a.test.ts', 'failed', { one: 'passed', two: 'failed' }),
    file('b.test.ts', 'passed', { three: 'passed', four: 'pending' }),
    file('c.test.ts', 'failed', {}),
  ],
}

test('a file that could not be loaded counts as one failure', () => {
  const counts = countJest(report, false)
  expect(counts).toMatchObject({ passed: 2, failed: 2 })
  expect(counts.notes).toContain('could not be run: c.test.ts')
})

test('a skip is a failure where skips are refused', () => {
  expect(countJest(report, true).failed).toBe(3)
  expect(countJest(report, true).notes).toContain('skipped: four (b.test.ts)')
})

const go = (Action: string, Test?: string, Package = 'lab') => JSON.stringify({ Action, Package, Test })

test('a Go test with subtests counts as its subtests', () => {
  const counts = countGo([
    go('pass', 'TestA/one'),
    go('fail', 'TestA/two'),
    go('fail', 'TestA'),
    go('pass', 'TestB'),
    go('fail'),
  ])
  expect(counts).toMatchObject({ passed: 2, failed: 1, notes: ['failed: lab TestA/two'] })
})

test('a Go package that does not build counts as one failure', () => {
  expect(countGo(['not json', go('fail')])).toMatchObject({ passed: 0, failed: 1 })
})

test('the last line is the plain sum', () => {
  expect(summaryLine(addCounts([countJest(report, false), countGo([go('pass', 'TestB')])]))).toBe(
    '3 passed, 2 failed',
  )
})

test.each([
  { words: [], suites: ['unit', 'int', 'e2e', 'lab'], paths: [] },
  { words: ['int', 'api/auth'], suites: ['int'], paths: ['api/auth'] },
  { words: ['api/auth'], suites: ['unit', 'int', 'e2e'], paths: ['api/auth'] },
])('npm test -- $words runs $suites', ({ words, suites, paths }) => {
  expect(chooseSuites(words)).toEqual({ suites, paths })
})

test('npm run test:chaos takes a test, the rounds and the seed, in that order', () => {
  const suites = ['chaos']
  expect(chooseSuites(['chaos', 'chain', '300', '7'])).toEqual({
    suites,
    paths: ['/chain.chaos.test.'],
    rounds: '300',
    seed: '7',
  })
  expect(chooseSuites(['chaos'])).toEqual({ suites, paths: [] })
})
