import type { DecidedDueTime } from '../../drizzle/queries/execution-events.js'
import { newExecutionWatch } from './execution-watch.js'

const decided = (from: number, count: number): DecidedDueTime[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `ring-${from + index}`,
    flow_id: `flow-${from + index}`,
    schedule_id: 'sched-1',
    created_at: new Date().toISOString(),
  }))

test.each([
  { count: 2, flows: ['flow-1', 'flow-2'] },
  { count: 1000, flows: [null] },
])('$count due times that are decided together are told of once', async ({ count, flows }) => {
  let rows: DecidedDueTime[] = decided(0, 1)
  const watch = newExecutionWatch({
    readExecutions: () => Promise.resolve([]),
    readDueTimes: () => Promise.resolve(rows),
  })
  const told: unknown[] = []
  const look = () => watch.look((topic, data) => void told.push([topic, (data as { id: unknown }).id]))
  await look()
  // What stood before the first look is no news.
  expect(told).toEqual([])
  rows = [...rows, ...decided(1, count)]
  await look()
  await look()
  expect(told).toEqual([...flows.map((id) => ['flows', id]), ['schedules', 'sched-1']])
})
