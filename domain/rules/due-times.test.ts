import { parseCron } from './cron.js'
import { dueBetween, latestDue, localTime, nextDue, timezoneProblem } from './due-times.js'

const cronOf = (expression: string) => {
  const { cron } = parseCron(expression)
  if (cron === null) throw new Error(expression)
  return cron
}
const next = (expression: string, timezone: string, after: string): string | undefined =>
  nextDue(cronOf(expression), timezone, new Date(after))?.toISOString().replace(':00.000Z', 'Z')

// The server itself is asked in activities/schedule/due-times.int.test.ts.
test.each([
  ['*/5 * * * *', 'UTC', '2026-11-21T10:05:00Z', '2026-11-21T10:10Z'],
  ['*/5 * * * *', 'UTC', '2026-11-21T10:04:59.999Z', '2026-11-21T10:05Z'],
  ['0 2 * * *', 'Europe/Berlin', '2026-11-21T00:59:59Z', '2026-11-21T01:00Z'],
  ['0 2 * * *', 'Asia/Kathmandu', '2026-11-21T00:00:00Z', '2026-11-21T20:15Z'],
  // A time that the clocks skip is not due.
  ['30 2 * * *', 'Europe/Berlin', '2027-03-27T12:00:00Z', '2027-03-29T00:30Z'],
  // One that they show twice is due twice west of UTC, and east of it, where the server errs, at the later one.
  ['30 1 * * *', 'America/New_York', '2026-10-31T12:00:00Z', '2026-11-01T05:30Z'],
  ['30 1 * * *', 'America/New_York', '2026-11-01T05:30:00Z', '2026-11-01T06:30Z'],
  ['30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', '2026-10-25T01:30Z'],
  ['30 2 * * *', 'Europe/Berlin', '2026-10-25T01:30:00Z', '2026-10-26T01:30Z'],
  ['0 0 29 2 *', 'UTC', '2026-11-21T00:00:00Z', '2028-02-29T00:00Z'],
  ['0 0 29 2 *', 'UTC', '2096-11-21T00:00:00Z', '2104-02-29T00:00Z'],
  ['0 12 13 * 5', 'UTC', '2026-11-21T00:00:00Z', '2026-11-27T12:00Z'],
  ['0 12 13 * 5', 'UTC', '2026-12-12T00:00:00Z', '2026-12-13T12:00Z'],
])('%s in %s after %s is due at %s', (expression, timezone, after, due) => {
  expect(next(expression, timezone, after)).toBe(due)
})

const at = (iso: string): Date => new Date(iso)

test('times between two moments: the first is not among them, the last is, and no more than asked', () => {
  const span = { after: at('2026-11-21T10:00:00Z'), until: at('2026-11-21T10:20:00Z'), most: 10 }
  const due = dueBetween(cronOf('*/5 * * * *'), 'UTC', span)
  expect(due.map((one) => one.getUTCMinutes())).toEqual([5, 10, 15, 20])
  expect(dueBetween(cronOf('*/5 * * * *'), 'UTC', { ...span, most: 2 })).toHaveLength(2)
  expect(dueBetween(cronOf('*/5 * * * *'), 'UTC', { ...span, most: 0 })).toEqual([])
})

test.each([
  ['*/5 * * * *', '2026-11-21T10:07:00Z', '2026-11-21T10:05:00.000Z'],
  ['*/5 * * * *', '2026-11-21T10:05:00Z', '2026-11-21T10:05:00.000Z'],
  ['0 2 1 * *', '2026-11-21T10:07:00Z', '2026-11-01T02:00:00.000Z'],
  ['0 2 1 6 *', '2026-11-21T10:07:00Z', null],
])('the latest due time of %s at %s is %s', (expression, until, due) => {
  const found = latestDue(cronOf(expression), 'UTC', { after: at('2026-10-01T00:00:00Z'), until: at(until) })
  expect(found?.toISOString() ?? null).toBe(due)
})

test('a moment is shown as the clocks of its zone do', () => {
  expect(localTime(at('2027-03-28T01:30:00Z'), 'Europe/Berlin')).toEqual({
    local: '2027-03-28 03:30',
    offset: '+02:00',
  })
  expect(localTime(at('2026-11-21T20:00:00Z'), 'America/St_Johns').offset).toBe('-03:30')
})

test('a zone that nobody knows is said so', () => {
  expect(timezoneProblem('Europe/Berlin')).toBeNull()
  expect(timezoneProblem('Europe/Atlantis')).toContain('Europe/Berlin')
})
