import { isReadersClock, withClockChanges } from './due-times.js'
import { formatTime } from './format.js'

test('the first run after a clock change is marked, and no other', () => {
  const run = (at: string, local: string, offset: string) => ({ at, local, offset })
  const runs = [
    run('2026-03-28T01:30:00Z', '2026-03-28 02:30', '+01:00'),
    run('2026-03-29T01:30:00Z', '2026-03-29 03:30', '+02:00'),
    run('2026-03-30T00:30:00Z', '2026-03-30 02:30', '+02:00'),
  ]
  expect(withClockChanges(runs).map((each) => each.isAfterChange)).toEqual([false, true, false])
})

test.each([
  { clock: "the reader's", shift: 0, is: true },
  { clock: 'an hour ahead', shift: 3_600_000, is: false },
])('a schedule by a clock that is $clock: $is', ({ shift, is }) => {
  const runs = ['2026-03-28T01:30:00Z', '2026-03-29T01:30:00Z'].map((at) => ({
    at,
    local: formatTime(new Date(Date.parse(at) + shift).toISOString()).slice(0, 16),
    offset: '+00:00',
  }))
  expect(isReadersClock(runs)).toBe(is)
})
