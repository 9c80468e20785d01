import type { FlowDetails, FlowStatus } from '../../../api/contract/protection-flows.js'
import { bySeverity } from './flow-checks.js'
import {
  countersInWords,
  nameOfCopy,
  noNextRun,
  readiness,
  windowInWords,
  windowToShow,
} from './flow-words.js'

const due = { next_execution_time: '2026-11-22T00:00:00.000Z' }
const scheduled = { enabled: true, schedule_id: 'sched-1', schedule_enabled: true, status: due }

test.each([
  { flow: scheduled, words: null },
  { flow: { ...scheduled, enabled: false }, words: 'disabled' },
  { flow: { ...scheduled, schedule_id: null, schedule_enabled: null }, words: 'only when asked' },
  { flow: { ...scheduled, schedule_enabled: false }, words: 'its schedule is off' },
  { flow: { ...scheduled, status: { next_execution_time: null } }, words: 'never' },
])('no next run is explained: $words', ({ flow, words }) => {
  expect(noNextRun(flow)).toBe(words)
})

test.each([
  { counts: [0, 0, 0], words: 'no run has ended' },
  { counts: [1, 1, 0], words: '1 run: 1 success' },
  { counts: [1200, 1190, 4], words: '1,200 runs: 1,190 success, 4 error, 6 other' },
])('counters in words: $words', ({ counts: [total = 0, good = 0, bad = 0], words }) => {
  expect(
    countersInWords({ total_executions: total, successful_executions: good, failed_executions: bad }),
  ).toBe(words)
})

const run = (status: string) => ({ status }) as NonNullable<FlowDetails['current_execution']>
const free: Pick<FlowStatus, 'held_by' | 'queued'> = { held_by: null, queued: 0 }
test.each([
  { current: null, enabled: true, status: undefined, words: 'Ready for operations.' },
  { current: null, enabled: false, status: free, words: 'Disabled: it runs only when asked.' },
  {
    current: null,
    enabled: true,
    status: { held_by: 'Everything is paused', queued: 0 },
    words: 'Everything is paused. It can be run by hand.',
  },
  {
    current: run('running'),
    enabled: true,
    status: { held_by: 'It runs', queued: 2 },
    words: 'A run is under way. 2 more wait for its end.',
  },
  { current: run('paused'), enabled: true, status: free, words: 'A run is paused.' },
])('readiness: $words', ({ current, enabled, status, words }) => {
  expect(readiness({ current_execution: current, enabled }, status)).toBe(words)
})

test('allowed hours name the zone they are in', () => {
  const none = { window_start: null, window_end: null, schedule_timezone: null }
  expect(windowInWords(none)).toBe('at any time')
  expect(windowInWords({ ...none, window_start: '22:00', window_end: '06:00' })).toBe('22:00 to 06:00 (UTC)')
})

test.each([
  { start: '22:00', end: '06:00', shown: { window_start: '22:00', window_end: '06:00' } },
  { start: null, end: null, shown: {} },
  { start: '22:00', end: '', shown: {} },
  { start: '22:00', end: '22:00', shown: {} },
])('the next runs are shown by the window $start to $end', ({ start, end, shown }) => {
  expect(windowToShow({ window_start: start, window_end: end })).toEqual(shown)
})

test('a copy of the longest name still is a name', () => {
  expect(nameOfCopy('Daily')).toBe('Daily (copy)')
  expect(nameOfCopy('x'.repeat(255))).toHaveLength(255)
})

test('checks that need a hand come first and keep their order', () => {
  const check = (name: string, severity: 'ok' | 'warning' | 'error') => ({
    name,
    severity,
    detail: '',
    remedy: null,
  })
  const sorted = bySeverity([
    check('a', 'ok'),
    check('b', 'warning'),
    check('c', 'error'),
    check('d', 'error'),
  ])
  expect(sorted.map(({ name }) => name).join('')).toBe('cdba')
})
