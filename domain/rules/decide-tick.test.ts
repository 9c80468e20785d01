import { decideDueTimes, decideTick, isLate, longestQueue } from './decide-tick.js'
import type { TickFacts, TickVerdict } from './decide-tick.js'

const minute = 60_000
const hour = 60 * minute
/** 2026-11-21 10:00 UTC, a due time of an hourly schedule. */
const due = Date.UTC(2026, 10, 21, 10)

type Change = Partial<Omit<TickFacts, 'flow' | 'schedule'>> & {
  readonly flow?: Partial<TickFacts['flow']>
  readonly schedule?: Partial<NonNullable<TickFacts['schedule']>> | null
}
const facts = ({ flow, schedule, ...change }: Change = {}): TickFacts => ({
  now: due + 2000,
  latestDue: due,
  rungUntil: due - hour,
  allPaused: null,
  open: null,
  queued: 0,
  lateSeconds: 90,
  ...change,
  flow: {
    enabled: true,
    deleted_at: null,
    overlap_policy: 'skip',
    missed_run_policy: 'run_once',
    catchup_limit_minutes: 1440,
    window_start: null,
    window_end: null,
    ...flow,
  },
  schedule:
    schedule === null ? null : { enabled: true, jitter_seconds: 0, timezone: 'Europe/Berlin', ...schedule },
})
const open = { id: 'exec-1', status: 'running' } as const
const paused = { by: 'anna', since: '2026-11-21T08:00:00.000Z', reason: 'move' }

type Outcome = TickVerdict['outcome']
const rows: [name: string, change: Change, outcome: Outcome, reason: RegExp | null][] = [
  ['on time and alone', {}, 'run', null],
  ['just within the grace', { now: due + 90_000 }, 'run', null],
  ['within the jitter', { now: due + 30 * minute, schedule: { jitter_seconds: 1800 } }, 'run', null],
  ['deleted', { flow: { deleted_at: '2026-11-21T09:00:00.000Z' } }, 'skip', /was deleted/],
  ['disabled', { flow: { enabled: false } }, 'skip', /flow is disabled/],
  ['without a schedule', { schedule: null }, 'skip', /no schedule any more/],
  ['of a disabled schedule', { schedule: { enabled: false } }, 'skip', /schedule is disabled/],
  ['while all are paused', { allPaused: paused }, 'skip', /paused by anna since 2026-11-21T08.*\(move\)/],
  ['in the window', { flow: { window_start: '11:00', window_end: '12:00' } }, 'run', null],
  [
    'outside the window',
    { flow: { window_start: '22:00', window_end: '06:00' } },
    'skip',
    /22:00 to 06:00 \(Eu/,
  ],
  ['beside an open run, overlap skip', { open }, 'skip', /exec-1 is still running/],
  [
    'beside an open run, overlap queue',
    { open, flow: { overlap_policy: 'queue' } },
    'queue',
    /exec-1 is still/,
  ],
  [
    'beside a paused run that many wait for',
    { open: { id: 'exec-1', status: 'paused' }, queued: longestQueue, flow: { overlap_policy: 'queue' } },
    'skip',
    /cannot keep up/,
  ],
  [
    'beside an open run, the last place in the queue',
    { open, queued: longestQueue - 1, flow: { overlap_policy: 'queue' } },
    'queue',
    /still running/,
  ],
  [
    'late and the latest, run_once',
    { now: due + 20 * minute },
    'run',
    /due at 2026-11-21 11:00 Europe\/Berlin and rang 20 min late/,
  ],
  [
    'late and not the latest, run_once',
    { now: due + 2 * hour, latestDue: due + 2 * hour },
    'missed',
    /made up for by the run of 2026-11-21 13:00/,
  ],
  [
    'late and not the latest, run_all',
    { now: due + 2 * hour, latestDue: due + 2 * hour, flow: { missed_run_policy: 'run_all' } },
    'run',
    /2 h late/,
  ],
  [
    'late, run_all, beside an open run, overlap skip',
    { now: due + hour, open, flow: { missed_run_policy: 'run_all' } },
    'queue',
    /waits for execution exec-1/,
  ],
  [
    'late, run_all, with a long queue',
    { now: due + hour, open, queued: 500, flow: { missed_run_policy: 'run_all' } },
    'queue',
    /Made up for/,
  ],
  [
    'late, run_once, beside an open run, overlap skip',
    { now: due + hour - 1, open },
    'skip',
    /still running/,
  ],
  [
    'late, run_once, beside an open run, overlap queue',
    { now: due + hour - 1, open, flow: { overlap_policy: 'queue' } },
    'queue',
    /Made up for.*still running/,
  ],
  [
    'late, skip',
    { now: due + 2 * minute, flow: { missed_run_policy: 'skip' } },
    'missed',
    /rang 120 s|2 min late; the flow skips/,
  ],
  ['at the catch-up limit', { now: due + hour, flow: { catchup_limit_minutes: 60 } }, 'run', /Made up/],
  [
    'beyond the catch-up limit',
    { now: due + hour + 1, flow: { catchup_limit_minutes: 60 } },
    'missed',
    /limit of 60 min/,
  ],
  [
    'beyond the catch-up limit, run_all',
    { now: due + hour + 1, flow: { catchup_limit_minutes: 60, missed_run_policy: 'run_all' } },
    'missed',
    /limit of 60 min/,
  ],
  [
    'on time by a catch-up limit shorter than the grace',
    { now: due + 80_000, flow: { catchup_limit_minutes: 1 } },
    'run',
    null,
  ],
  [
    'beyond the limit while all are paused',
    { now: due + 2 * hour, allPaused: paused, flow: { catchup_limit_minutes: 60 } },
    'missed',
    /limit/,
  ],
  ['late while all are paused', { now: due + hour - 1, allPaused: paused }, 'skip', /paused by anna/],
  [
    'late and outside the window',
    { now: due + hour - 1, flow: { window_start: '22:00', window_end: '06:00' } },
    'skip',
    /Outside/,
  ],
  [
    'late and due before it was enabled',
    { now: due + hour - 1, rungUntil: due + minute },
    'missed',
    /before the flow was enabled/,
  ],
  ['on time and edited in the same moment', { rungUntil: due + 500 }, 'run', null],
  ['never rung before', { rungUntil: null, latestDue: null }, 'run', null],
  ['late beside nothing due', { now: due + hour - 1, latestDue: null }, 'run', /Made up for/],
]

test.each(rows)('a ring %s', (_, change, outcome, reason) => {
  const verdict = decideTick(due, facts(change))
  expect(verdict.outcome).toBe(outcome)
  if (reason === null) expect(verdict.reason).toBeNull()
  else expect(verdict.reason).toMatch(reason)
})

test.each([
  { after: 90_000, jitter: 0, late: false },
  { after: 90_001, jitter: 0, late: true },
  { after: 150_000, jitter: 60, late: false },
  { after: 150_001, jitter: 60, late: true },
  { after: -5000, jitter: 0, late: false },
])('$after ms after it was due with $jitter s of jitter: late is $late', ({ after, jitter, late }) => {
  const of = facts({ now: due + after, schedule: { jitter_seconds: jitter } })
  expect(isLate(due, of)).toBe(late)
})

const burst = [3, 2, 0, 1].map((hours) => due + hours * hour)
const becomes = (change: Change): string[] => {
  let made = 0
  const all = facts({ now: due + 3 * hour + 10 * minute, latestDue: due + 3 * hour, ...change })
  return decideDueTimes(burst, all, () => `exec-new-${++made}`).map(
    ({ nominal, outcome, executionId }) =>
      `${(nominal - due) / hour} ${outcome}${executionId === null ? '' : ` ${executionId}`}`,
  )
}

test.each<[name: string, change: Change, verdicts: string[]]>([
  ['run_once', {}, ['0 missed', '1 missed', '2 missed', '3 run exec-new-1']],
  [
    'run_all',
    { flow: { missed_run_policy: 'run_all' } },
    ['0 run exec-new-1', '1 queue exec-new-2', '2 queue exec-new-3', '3 queue exec-new-4'],
  ],
  [
    'run_all within 2 hours',
    { flow: { missed_run_policy: 'run_all', catchup_limit_minutes: 120 } },
    ['0 missed', '1 missed', '2 run exec-new-1', '3 queue exec-new-2'],
  ],
  ['skip', { flow: { missed_run_policy: 'skip' } }, ['0 missed', '1 missed', '2 missed', '3 missed']],
  ['run_once beside an open run', { open }, ['0 missed', '1 missed', '2 missed', '3 skip']],
  [
    'run_all beside an open run',
    { open, flow: { missed_run_policy: 'run_all' } },
    ['0 queue exec-new-1', '1 queue exec-new-2', '2 queue exec-new-3', '3 queue exec-new-4'],
  ],
])('four late due times by %s, oldest first', (_, change, verdicts) => {
  expect(becomes(change)).toEqual(verdicts)
})
