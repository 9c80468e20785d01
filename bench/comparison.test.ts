import { benchSettings } from './bench-settings.js'
import { median, ratioLine, ratioOf } from './comparison.js'

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

const defaults = { rounds: 3, directory: 'here' }

test('settings replace the defaults', () => {
  expect(benchSettings([], defaults)).toEqual(defaults)
  expect(benchSettings(['rounds=5', 'directory=/a=b'], defaults)).toEqual({ rounds: 5, directory: '/a=b' })
})

test.each([['rounds=0'], ['rounds=two'], ['rounds'], ['speed=9']])('refuses %s', (arg) => {
  expect(() => benchSettings([arg], defaults)).toThrow(/rounds/)
})
