import { readArguments } from './arguments.js'

const copyDefaults = {
  command: 'copy',
  from: 'a',
  to: 'b',
  digests: undefined,
  over: [],
  checkpoint: undefined,
  extents: undefined,
  isFresh: false,
  bytesPerSecond: undefined,
  stallMs: 60_000,
  json: false,
}

test.each([
  { line: 'copy a b', expected: copyDefaults },
  {
    line: 'copy a b --digests d --over o1 --over o2 --checkpoint c --extents e --rate 1.5 --stall 5 --json',
    expected: {
      ...copyDefaults,
      digests: 'd',
      over: ['o1', 'o2'],
      checkpoint: 'c',
      extents: 'e',
      bytesPerSecond: 1.5 * 2 ** 20,
      stallMs: 5000,
      json: true,
    },
  },
  {
    line: 'copy --fresh nbd://host/x nbd+unix:///?socket=/s',
    expected: { ...copyDefaults, from: 'nbd://host/x', to: 'nbd+unix:///?socket=/s', isFresh: true },
  },
  {
    line: 'verify a d1 d2 --max 7',
    expected: { command: 'verify', uri: 'a', digests: ['d1', 'd2'], max: 7, stallMs: 60_000, json: false },
  },
  {
    line: 'compare a b --ignore-zero-tail --json',
    expected: {
      command: 'compare',
      a: 'a',
      b: 'b',
      ignoreZeroTail: true,
      max: 100,
      stallMs: 60_000,
      json: true,
    },
  },
  { line: 'info a --seconds 0.5', expected: { command: 'info', uri: 'a', lookMs: 500, json: false } },
  { line: '--help', expected: { command: 'help', about: undefined } },
  { line: 'copy --help', expected: { command: 'help', about: 'copy' } },
  { line: 'info x y z -h', expected: { command: 'help', about: 'info' } },
])('reads $line', ({ line, expected }) => {
  expect(readArguments(line.split(' '))).toEqual(expected)
})

test.each([
  { line: '', text: 'A command is missing: there are copy, verify, compare, info' },
  { line: 'move a b', text: 'There is no command move' },
  { line: 'copy a', text: 'copy takes <from> and <to>, and was given 1 (see copy --help).' },
  { line: 'copy a b c', text: 'was given 3' },
  { line: 'copy a b --frsh', text: "Unknown option '--frsh' (see copy --help)." },
  { line: 'copy a b --digests', text: "Option '--digests <value>' argument missing" },
  { line: 'copy a https://host/b', text: 'There is no way to open https:' },
  { line: 'copy a nbd://', text: 'Bad NBD URI: the host is missing.' },
  { line: 'copy a b --rate 0', text: '--rate is a number above 0, not 0.' },
  { line: 'copy a b --rate fast', text: '--rate is a number above 0, not fast.' },
  { line: 'copy a b --stall=-5', text: '--stall is a number above 0, not -5.' },
  { line: 'copy a b --fresh --over o', text: '--fresh and --over exclude each other' },
  { line: 'copy a b --digests d --extents e', text: 'need to know the rest' },
  { line: 'copy a b --digests b', text: 'The same name stands for two things' },
  { line: 'copy a b --digests d --over d', text: 'The same name stands for two things' },
  { line: 'copy a a', text: 'The same name stands for two things' },
  { line: 'verify a', text: 'one <digest-file> or more' },
  { line: 'compare a b --max many', text: '--max is a whole number, not many.' },
  { line: 'info a --seconds x', text: '--seconds is a number above 0, not x.' },
])('refuses "$line" with one sentence', ({ line, text }) => {
  const read = (): unknown => readArguments(line === '' ? [] : line.split(' '))
  expect(read).toThrow(expect.objectContaining({ name: 'UsageError' }))
  expect(read).toThrow(text)
  expect(read).not.toThrow(/\n/)
})

test('digests of some areas are taken where the rest is known', () => {
  const words = ['copy', 'a', 'b', '--digests', 'd', '--extents', 'e']
  expect(readArguments([...words, '--fresh'])).toMatchObject({ isFresh: true })
  expect(readArguments([...words, '--over', 'o'])).toMatchObject({ over: ['o'] })
})
