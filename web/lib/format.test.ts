import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMemory,
  formatRate,
  offsetText,
  secondsBetween,
} from './format.js'

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.00 KiB'],
  [1536 * 1024, '1.50 MiB'],
  [1024 ** 3 - 1, '1.00 GiB'],
  [10.5 * 1024 ** 3, '10.5 GiB'],
  [999 * 1024 ** 4, '999 TiB'],
  [5000 * 1024 ** 5, '5000 PiB'],
])('%d bytes are shown as %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text))

test.each([
  [-3, '0 s'],
  [0, '0 s'],
  [0.2, '< 1 s'],
  [59.4, '59 s'],
  [59.6, '1 min 00 s'],
  [185, '3 min 05 s'],
  [7620, '2 h 07 min'],
])('%d seconds are shown as %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text))

test.each([
  [0, 'UTC'],
  [60, 'UTC+1'],
  [330, 'UTC+5:30'],
  [-150, 'UTC-2:30'],
  [-480, 'UTC-8'],
])('%d minutes east are shown as %s', (minutes, text) => expect(offsetText(minutes)).toBe(text))

test('a running step is timed up to now, an ended one to its end', () => {
  const start = '2026-11-21T10:00:00.000Z'
  expect(secondsBetween(start, null, Date.parse('2026-11-21T10:00:07.000Z'))).toBe(7)
  expect(secondsBetween(start, '2026-11-21T10:00:02.500Z', Date.parse('2026-11-21T11:00:00.000Z'))).toBe(2.5)
})

test('a clock behind the server never shows a negative time', () => {
  expect(secondsBetween('2026-11-21T10:00:00.000Z', undefined, Date.parse('2026-11-21T09:59:00.000Z'))).toBe(
    0,
  )
})

test('rates, memory and counts carry their units', () => {
  expect(formatRate(250 * 1024 * 1024)).toBe('250 MiB/s')
  expect([formatMemory(512), formatMemory(4096), formatMemory(1536)]).toEqual(['512 MiB', '4 GiB', '1.5 GiB'])
  expect([formatCount(1, 'disk'), formatCount(1200, 'disk')]).toEqual(['1 disk', '1,200 disks'])
})
