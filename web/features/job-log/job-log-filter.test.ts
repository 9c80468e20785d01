import type { JobLogChoice } from './job-log-filter.js'
import { addressOf, choiceOf, filterOf } from './job-log-filter.js'
import { jobPlace } from './job-place.js'

const now = Date.parse('2026-11-21T12:00:00.000Z')
const usual: JobLogChoice = { jobId: '', status: '', search: '', range: 'day' }

test('without a choice the last day is shown, and the address stays bare', () => {
  expect(choiceOf(new URLSearchParams())).toEqual(usual)
  expect(addressOf(usual)).toEqual({})
  expect(filterOf(usual, now).filter).toEqual({ since: '2026-11-20T12:00:00.000Z' })
})

test('a choice comes back from its address', () => {
  const choice: JobLogChoice = { jobId: 'backup-1', status: 'failed', search: 'no room', range: 'all' }
  expect(choiceOf(new URLSearchParams(addressOf(choice)))).toEqual(choice)
  expect(filterOf(choice, now).filter).toEqual({ job_id: 'backup-1', status: 'failed', search: 'no room' })
})

test('an address that names no status and no time of ours is taken as no choice', () => {
  expect(choiceOf(new URLSearchParams('status=odd&range=ever'))).toEqual(usual)
})

test.each([
  { what: 'text without a time or a job', choice: { ...usual, search: 'x', range: 'all' as const } },
  { what: 'a job id that is none', choice: { ...usual, jobId: '../x' } },
])('$what is not asked for', ({ choice }) => {
  expect(filterOf(choice, now)).toEqual({ filter: null, problem: expect.stringMatching(/\.$/) })
})

test.each([
  { kind: 'backup' as const, place: '/backups/job-1' },
  { kind: 'execution' as const, place: '/executions/job-1' },
  { kind: 'other' as const, place: null },
])('a step of kind $kind leads to $place', ({ kind, place }) => {
  expect(jobPlace({ job_kind: kind, job_id: 'job-1', job_name: 'pgtest1' })).toBe(place)
})

test('a job that is gone leads nowhere', () => {
  expect(jobPlace({ job_kind: 'backup', job_id: 'job-1', job_name: null })).toBeNull()
})
