import type { Execution } from '../execution.js'
import type { NoticeEvent } from '../notice.js'
import { noticeBody, noticeId } from './notices.js'

const flow = { id: 'flow-1', name: 'nightly' }
const execution = {
  ...{ id: 'exec-1', status: 'warning', execution_type: 'scheduled', vms_total: 3, jobs_completed: 2 },
  ...{ jobs_failed: 1, warnings: ['slow'], error_message: null },
} as unknown as Execution
const ended = { kind: 'warning', flowId: 'flow-1', executionId: 'exec-1' } as const
const missed: NoticeEvent & { kind: 'missed' } = {
  kind: 'missed',
  flowId: 'flow-1',
  nominalTime: '2026-11-21T02:00:00.000Z',
  count: 1,
  reason: 'it was away',
}

test.each([
  {
    event: ended,
    id: 'exec-1:warning',
    says: 'Protection flow nightly ended with warnings: 2 of 3 VM(s) were',
  },
  {
    event: { ...ended, kind: 'error' as const },
    id: 'exec-1:error',
    says: 'Protection flow nightly failed: 2',
  },
  {
    event: missed,
    id: 'flow-1:missed:2026-11-21T02:00:00.000Z',
    says: 'Protection flow nightly did not run at 2026-11-21T02:00:00.000Z',
  },
])('$id', ({ event, id, says }) => {
  expect(noticeId(event)).toBe(id)
  expect(noticeBody(event, { flow, execution, failed: [] }).text).toContain(says)
})

test('the first reasons only, and none of them long', () => {
  const failed = Array.from({ length: 5 }, (_, index) => ({
    vm_name: `vm-${index}`,
    reason: 'x'.repeat(1000),
  }))
  const { reasons } = noticeBody(ended, {
    flow,
    execution: { ...execution, error_message: 'one failed' },
    failed,
  })
  expect(reasons).toHaveLength(5)
  expect(reasons[0]).toBe('one failed')
  expect(reasons.every((reason) => reason.length <= 300)).toBe(true)
})

test('an execution that history has forgotten is told all the same', () => {
  expect(noticeBody(ended, { flow, execution: null, failed: [] })).toMatchObject({
    ...{ text: 'Protection flow nightly ended with warnings', execution: null, link: '/flows/flow-1' },
  })
})
