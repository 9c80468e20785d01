import type { FlowSummary } from '../../../api/contract/protection-flows.js'
import { lastExecutionStatuses } from '../../../domain/flow.js'
import type { LastExecutionStatus } from '../../../domain/flow.js'

/** How today's executions ended: `3 success, 1 error, 2 others`; today is UTC's. */
export const todayText = (
  summary: Pick<
    FlowSummary,
    'total_executions_today' | 'successful_executions_today' | 'failed_executions_today'
  >,
): string => {
  const { total_executions_today: all, successful_executions_today: good } = summary
  const bad = summary.failed_executions_today
  const others = all - good - bad
  const parts = [
    { count: good, word: 'success' },
    { count: bad, word: 'error' },
    { count: others, word: good + bad === 0 ? 'neither yet' : others === 1 ? 'other' : 'others' },
  ].filter(({ count }) => count > 0)
  return parts.length === 0
    ? 'since midnight UTC'
    : parts.map(({ count, word }) => `${count.toLocaleString('en')} ${word}`).join(', ')
}

/** The statuses that some flow has, those to look at first. */
export const lastStatuses = (
  summary: Pick<FlowSummary, 'by_last_status'>,
): readonly { readonly status: LastExecutionStatus; readonly count: number }[] =>
  inOrder
    .map((status) => ({ status, count: summary.by_last_status[status] }))
    .filter(({ count }) => count > 0)

const first: readonly LastExecutionStatus[] = ['error', 'warning', 'running', 'paused', 'success']
const inOrder = [...new Set([...first, ...lastExecutionStatuses])]
