import { bytesPerSecondOf, mebibytesOf } from './mebibytes.js'

test.each([
  { text: '100', bytes: 104_857_600 },
  { text: '0.0625', bytes: 65_536 },
  { text: '1048576', bytes: 2 ** 40 },
  { text: '95.367431640625', bytes: 100_000_000 },
  { text: '', bytes: null },
])('"$text" MiB/s is $bytes bytes a second, and back', ({ text, bytes }) => {
  expect(bytesPerSecondOf(text)).toBe(bytes)
  expect(mebibytesOf(bytes)).toBe(text)
})

test('what is set to the byte through the API stays so through the form', () => {
  for (const bytes of [65_537, 99_999_999, 123_456_789, 2 ** 40 - 1])
    expect(bytesPerSecondOf(mebibytesOf(bytes))).toBe(bytes)
})

test('a part of a byte is rounded, and spaces do not count', () => {
  expect(bytesPerSecondOf(' 0.1 ')).toBe(104_858)
})

test.each(['fast', '-1', '1,5', '1e3', '10 MiB', '.', 'Infinity', '0x10'])('"%s" is no rate', (text) => {
  expect(bytesPerSecondOf(text)).toBeNaN()
})
