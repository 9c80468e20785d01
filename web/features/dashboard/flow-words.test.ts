import { lastExecutionStatuses } from '../../../domain/flow.js'
import { lastStatuses, todayText } from './flow-words.js'

const today = (all: number, good: number, bad: number) =>
  todayText({
    total_executions_today: all,
    successful_executions_today: good,
    failed_executions_today: bad,
  })

test.each([
  { what: 'none', text: today(0, 0, 0), words: 'since midnight UTC' },
  { what: 'good ones alone', text: today(3, 3, 0), words: '3 success' },
  { what: 'all kinds', text: today(1204, 1200, 1), words: '1,200 success, 1 error, 3 others' },
  { what: 'one of another kind', text: today(2, 1, 0), words: '1 success, 1 other' },
  { what: 'none that has ended well or badly', text: today(2, 0, 0), words: '2 neither yet' },
])('executions of today, $what: "$words"', ({ text, words }) => {
  expect(text).toBe(words)
})

test('statuses are listed once, what needs somebody first, and those that no flow has not at all', () => {
  const everyOne = Object.fromEntries(lastExecutionStatuses.map((status) => [status, 1])) as Record<
    (typeof lastExecutionStatuses)[number],
    number
  >
  const all = lastStatuses({ by_last_status: everyOne }).map(({ status }) => status)
  expect(all.slice(0, 3)).toEqual(['error', 'warning', 'running'])
  expect([...all].sort()).toEqual([...lastExecutionStatuses].sort())
  expect(lastStatuses({ by_last_status: { ...everyOne, error: 0 } })[0]).toEqual({
    status: 'warning',
    count: 1,
  })
})
