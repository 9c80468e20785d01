import { benchSettings } from './bench-settings.js'
import { median, medianUsage, ratioLine, ratioOf, type Usage } from './comparison.js'

test.each([
  { numbers: [3], expected: 3 },
  { numbers: [9, 1, 4], expected: 4 },
  { numbers: [4, 1, 9, 2], expected: 3 },
])('the median of $numbers is $expected', ({ numbers, expected }) => {
  expect(median(numbers)).toBe(expected)
})

test('the ratio is the median of the rounds, not the ratio of the medians', () => {
  const rounds = [
    { ours: 1, theirs: 2 },
    { ours: 30, theirs: 20 },
    { ours: 9, theirs: 10 },
  ]
  const comparison = { name: 'full-raw', peer: 'nbdcopy', rounds }
  expect(ratioOf(comparison)).toBeCloseTo(0.9)
  expect(ratioLine(comparison)).toBe('ratio full-raw nbdcopy 0.90')
})

test('each number of a usage has its own median, and one that a round lacks has none', () => {
  const usage = (seconds: number, cpuSeconds: number): Usage => ({
    seconds,
    cpuSeconds,
    serverCpuSeconds: 0,
    peakRssBytes: 1,
  })
  const rounds = [{ ...usage(1, 30), storedBytes: 7 }, usage(3, 10), usage(2, 20)]
  expect(medianUsage(rounds)).toEqual(usage(2, 20))
  const stored = rounds.map((round, i) => ({ ...round, storedBytes: i }))
  expect(medianUsage(stored)).toEqual({ ...usage(2, 20), storedBytes: 1 })
})

const defaults = { rounds: 3, directory: 'here' }

test('settings replace the defaults', () => {
  expect(benchSettings([], defaults)).toEqual(defaults)
  expect(benchSettings(['rounds=5', 'directory=/a=b'], defaults)).toEqual({ rounds: 5, directory: '/a=b' })
})

test('cases are chosen by name where a bench has cases, and refused where it has none', () => {
  const given = ['cases=read,full-raw']
  const cases: string[] = []
  expect(benchSettings(given, { ...defaults, cases })).toEqual({ ...defaults, cases: ['read', 'full-raw'] })
  expect(() => benchSettings(given, defaults)).toThrow(/no setting cases; there are rounds, directory/)
})

test.each([['rounds=0'], ['rounds=two'], ['rounds'], ['speed=9']])('refuses %s', (arg) => {
  expect(() => benchSettings([arg], defaults)).toThrow(/rounds/)
})
