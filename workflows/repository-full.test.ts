import { ActivityFailure, ApplicationFailure } from '@temporalio/common'
import { fullRepository, newPatience } from './repository-full.js'

const failed = (type: string, facts: Record<string, unknown>): ActivityFailure =>
  new ActivityFailure(
    'a step failed',
    'copyDisk',
    '7',
    'NON_RETRYABLE_FAILURE',
    'worker',
    ApplicationFailure.nonRetryable('Repository nightly is full: 12 MiB free', type, { facts }),
  )
const numbers = { left_bytes: 300, whole_bytes: 900 }

test('a full repository with its numbers can be waited for', () =>
  expect(fullRepository(failed('repository-full', numbers))).toEqual({
    reason: 'Repository nightly is full: 12 MiB free. It goes on by itself when there is room.',
    leftBytes: 300,
    wholeBytes: 900,
  }))

test.each([
  { name: 'one that is too small for good', error: failed('repository-full', { total_bytes: 5 }) },
  { name: 'another failure', error: failed('write-failed', numbers) },
  { name: 'what is no step', error: new Error('repository-full') },
])('$name cannot', ({ error }) => expect(fullRepository(error)).toBeNull())

test('looks again soon while going on brings it further, and ever later while it does not', () => {
  const patience = newPatience(30)
  const waits = [900, 600, 600, 600, 700, 500, 500].map((leftBytes) =>
    patience({ reason: '', leftBytes, wholeBytes: 900 }),
  )
  expect(waits).toEqual([30, 30, 60, 120, 240, 30, 60])
  for (let time = 0; time < 20; time++) patience({ reason: '', leftBytes: 500, wholeBytes: 900 })
  expect(patience({ reason: '', leftBytes: 500, wholeBytes: 900 })).toBe(3600)
})
