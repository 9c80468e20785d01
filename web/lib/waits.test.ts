import type { JobStep } from '../../domain/job-step.js'
import { waitOf } from './waits.js'

const step = (change: Partial<JobStep>): JobStep => ({
  job_id: 'backup-1',
  step_id: '1',
  attempt: 1,
  name: 'takeLease',
  summary: 'take the exclusive right',
  status: 'failed',
  detail: 'vm:ctx-1 is held by restore:1',
  error_code: 'vm-busy',
  started_at: '2026-11-21T10:00:00.000Z',
  ended_at: '2026-11-21T10:00:01.000Z',
  ...change,
})

test('a run that stands in line waits, whatever has failed before', () => {
  const inLine = step({
    step_id: '2',
    status: 'running',
    detail: 'repository nightly has 4 of 4 backups',
    ended_at: null,
  })
  expect(waitOf([step({}), inLine])).toBe(inLine)
})

test('a run waits where its newest attempt failed', () => {
  const newest = step({
    attempt: 2,
    started_at: '2026-11-21T10:00:05.000Z',
    ended_at: '2026-11-21T10:00:06.000Z',
  })
  expect(waitOf([step({}), newest])).toBe(newest)
})

test('also while another step, begun before, goes on', () => {
  const other = step({
    step_id: '2',
    status: 'running',
    detail: null,
    started_at: '2026-11-21T09:59:00.000Z',
    ended_at: null,
  })
  expect(waitOf([other, step({})])?.step_id).toBe('1')
})

test.each([
  {
    name: 'the next attempt runs',
    after: step({ attempt: 2, status: 'running', detail: null, ended_at: null }),
  },
  {
    name: 'the clean-up of a run that gave up has begun',
    after: step({
      step_id: '2',
      status: 'running',
      detail: null,
      started_at: '2026-11-21T10:00:02.000Z',
      ended_at: null,
    }),
  },
])('it does not wait when $name', ({ after }) => expect(waitOf([step({}), after])).toBeUndefined())

test('a run whose steps all went well does not wait', () =>
  expect(waitOf([step({ status: 'completed' })])).toBeUndefined())
