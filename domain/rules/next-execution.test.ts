import { decideTick } from './decide-tick.js'
import type { TickFacts } from './decide-tick.js'
import { parseCron } from './cron.js'
import { dueBetween } from './due-times.js'
import { nextExecutionTime, nextRuns } from './next-execution.js'

const now = new Date('2026-05-01T12:00:30Z')
const flow = { enabled: true, deleted_at: null, window_start: null, window_end: null }
const hourly = { cron_expression: '0 * * * *', timezone: 'UTC', enabled: true }
const between = (window_start: string, window_end: string) => ({ ...flow, window_start, window_end })

test.each([
  { name: 'no window', of: flow, next: '2026-05-01T13:00' },
  { name: 'inside the window', of: between('12:00', '18:00'), next: '2026-05-01T13:00' },
  { name: 'the start is part of it', of: between('20:00', '22:00'), next: '2026-05-01T20:00' },
  { name: 'the end is not', of: between('08:00', '13:00'), next: '2026-05-02T08:00' },
  { name: 'over midnight', of: between('23:30', '02:00'), next: '2026-05-02T00:00' },
  {
    name: "in the schedule's zone",
    of: between('02:00', '04:00'),
    schedule: { timezone: 'Asia/Tokyo' },
    next: '2026-05-01T17:00',
  },
  { name: 'no due time in it', of: between('12:15', '12:45'), next: null },
  {
    name: 'not for years',
    of: between('23:00', '23:30'),
    schedule: { cron_expression: '* 10-23 29 2 *' },
    next: '2028-02-29T23:00',
  },
  { name: 'a disabled flow', of: { ...flow, enabled: false }, next: null },
  { name: 'a deleted flow', of: { ...flow, deleted_at: '2026-01-01T00:00:00.000Z' }, next: null },
  { name: 'a disabled schedule', of: flow, schedule: { enabled: false }, next: null },
  { name: 'no expression', of: flow, schedule: { cron_expression: 'never' }, next: null },
])('runs next: $name', ({ of, schedule = {}, next }) => {
  const time = nextExecutionTime(of, { ...hourly, ...schedule }, now)
  expect(time?.slice(0, 16) ?? null).toBe(next)
})

test('no schedule, no run', () => {
  expect(nextRuns(flow, null, now, 10)).toEqual([])
})

const facts: Omit<TickFacts, 'now' | 'flow'> = {
  schedule: { ...hourly, jitter_seconds: 0 },
  ...{ latestDue: null, rungUntil: null, allPaused: null, open: null, queued: 0, lateSeconds: 90 },
}
const settings = { overlap_policy: 'skip', missed_run_policy: 'run_once', catchup_limit_minutes: 60 } as const

test.each(['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'])(
  'they are just those that the tick lets run, also where clocks change: %s',
  (timezone) => {
    const cron = parseCron('*/20 * * * *').cron
    if (cron === null) throw new Error('cron')
    for (const [start, end] of [
      ['01:00', '02:20'],
      ['02:00', '03:00'],
      ['22:00', '06:00'],
    ] as const)
      for (const day of [
        '2026-03-07',
        '2026-03-28',
        '2026-04-04',
        '2026-10-03',
        '2026-10-24',
        '2026-10-31',
      ]) {
        const after = new Date(`${day}T00:00:00Z`)
        const until = new Date(after.getTime() + 3 * 86_400_000)
        const limits = { ...settings, ...between(start, end) }
        const allowed = dueBetween(cron, timezone, { after, until, most: Infinity }).filter(
          (due) =>
            decideTick(due.getTime(), {
              ...{ ...facts, now: due.getTime(), flow: limits },
              schedule: { enabled: true, jitter_seconds: 0, timezone },
            }).outcome === 'run',
        )
        const shown = nextRuns(limits, { ...hourly, cron_expression: '*/20 * * * *', timezone }, after, 100)
        expect(shown.slice(0, allowed.length)).toEqual(allowed.map((due) => due.toISOString()))
        expect(allowed.length).toBeGreaterThan(5)
      }
  },
)

test('a schedule of every minute and a window of one minute a day', () => {
  const runs = nextRuns(between('02:00', '02:01'), { ...hourly, cron_expression: '* * * * *' }, now, 1000)
  expect(runs).toHaveLength(1000)
  expect(new Set(runs.map((at) => at.slice(11, 16)))).toEqual(new Set(['02:00']))
  expect(runs.at(-1)).toBe('2029-01-25T02:00:00.000Z')
})
