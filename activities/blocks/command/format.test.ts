import { formatBytes, formatCount, formatPercent, formatSeconds } from './format.js'
import { createProgressLine } from './progress-line.js'
import { sentenceOf } from './sentence.js'

test.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [1023, '1023 bytes'],
  [1024, '1 KiB'],
  [1536, '1.5 KiB'],
  [1024 * 1024 - 1, '1023 KiB'],
  [20.55 * 2 ** 20, '20.5 MiB'],
  [2.999 * 2 ** 30, '2.99 GiB'],
  [2 ** 60, '1024 PiB'],
])('%d is %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})

test.each([
  [0.44, '0.4 s'],
  [59.4, '59 s'],
  [59.6, '1 min 0 s'],
  [185, '3 min 5 s'],
  [3599.9, '1 h 0 min'],
  [7801, '2 h 10 min'],
])('%d seconds are %s', (seconds, text) => {
  expect(formatSeconds(seconds)).toBe(text)
})

test('100 % is only what is done', () => {
  expect(formatPercent(999_999, 1_000_000)).toBe('99 %')
  expect(formatPercent(5, 5)).toBe('100 %')
  expect(formatPercent(0, 0)).toBe('100 %')
})

test('counts are in words', () => {
  expect([formatCount(1, 'range'), formatCount(2, 'range')]).toEqual(['1 range', '2 ranges'])
})

describe('the progress', () => {
  const MiB = 2 ** 20
  /** Shows 1 MiB more every 200 ms for `seconds`, then ends. */
  const watch = (isTTY: boolean, seconds: number): string[] => {
    const written: string[] = []
    let now = 0
    const screen = { isTTY, columns: 200, write: (text: string) => written.push(text) }
    const line = createProgressLine(screen, () => now)
    for (let done = 0; done <= seconds * 5; done++, now += 200) line.show(done * MiB, 1000 * MiB, ['a note'])
    line.end()
    return written
  }

  test('is one line that is rewritten on a terminal, and goes at the end', () => {
    const written = watch(true, 2)
    expect(written.length).toBe(11)
    for (const text of written.slice(0, -1)) {
      expect(text.startsWith('\r')).toBe(true)
      expect(text).not.toContain('\n')
    }
    expect(written.at(-2)).toBe('\r1 %, 10 MiB of 1000 MiB, 5 MiB/s, 3 min 18 s left, a note\u001b[K')
    expect(written.at(-1)).toBe('\r\u001b[K')
  })

  test('is a line every five seconds elsewhere', () => {
    expect(watch(false, 12)).toEqual([
      '2 %, 25 MiB of 1000 MiB, 5 MiB/s, 3 min 15 s left, a note\n',
      '5 %, 50 MiB of 1000 MiB, 5 MiB/s, 3 min 10 s left, a note\n',
    ])
  })
})

test.each([
  [new Error('target nbd /s: write failed with EIO'), 'Target nbd /s: write failed with EIO.'],
  [
    new Error("ENOENT: no such file or directory, open '/a/b'"),
    '/a/b: open failed, no such file or directory.',
  ],
  [new Error('Already a sentence.'), 'Already a sentence.'],
  [new Error('two\nlines'), 'Two lines.'],
  ['a word', 'A word.'],
])('%s is told as a sentence', (error, sentence) => {
  expect(sentenceOf(error)).toBe(sentence)
})
