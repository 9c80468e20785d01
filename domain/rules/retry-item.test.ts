import { failureCodes } from '../failure.js'
import { afterFailure } from './retry-item.js'

const now = new Date('2026-05-01T12:00:00Z')
const attempt = { code: 'source-unreachable', attempts: 1, maxRetries: 2, retryWaitSeconds: 90, now }

const transient = [
  'locked',
  'source-unreachable',
  'source-fault',
  'source-session-lost',
  'vm-busy',
  'slots-busy',
  'snapshot-failed',
  'snapshot-gone',
  'change-tracking-malformed',
  'transport-unavailable',
  'read-failed',
  'write-failed',
  'copy-stalled',
  'attempt-superseded',
  'lease-lost',
  'repository-missing',
  'point-in-use',
  'service-unavailable',
  'internal',
]

test.each(failureCodes.map((code) => ({ code, kind: transient.includes(code) ? 'again' : 'failed' })))(
  'a backup that failed with $code: $kind',
  ({ code, kind }) => {
    expect(afterFailure({ ...attempt, code }).kind).toBe(kind)
  },
)

test.each([
  {
    name: 'the first of two retries',
    change: {},
    verdict: { kind: 'again', notBefore: '2026-05-01T12:01:30.000Z', why: 'retry 1 of 2 in 90 s' },
  },
  {
    name: 'the last retry',
    change: { attempts: 2 },
    verdict: { kind: 'again', notBefore: '2026-05-01T12:01:30.000Z', why: 'retry 2 of 2 in 90 s' },
  },
  { name: 'no retry left', change: { attempts: 3 }, verdict: { kind: 'failed', why: 'retry 2 of 2 failed' } },
  {
    name: 'no retries allowed',
    change: { maxRetries: 0 },
    verdict: { kind: 'failed', why: 'the flow allows no retry' },
  },
  {
    name: 'a code of another version',
    change: { code: 'of-tomorrow' },
    verdict: { kind: 'again', notBefore: '2026-05-01T12:01:30.000Z', why: 'retry 1 of 2 in 90 s' },
  },
])('$name', ({ change, verdict }) => {
  expect(afterFailure({ ...attempt, ...change })).toEqual(verdict)
})
