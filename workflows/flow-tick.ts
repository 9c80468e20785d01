import { defineSearchAttributeKey } from '@temporalio/common'
import { workflowInfo } from '@temporalio/workflow'
import type { TickDecision } from '../activities/steps.js'
import type { FlowTickInput } from '../domain/operations.js'
import { atHand } from './at-hand.js'

/** The due time, jitter apart: the server gives it to what its schedules start. */
const dueTimeKey = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME')

/** One ringing of a flow's schedule: decides whether it runs now, and tells its run. Short: a thousand may ring at once. */
export async function flowTick({ flowId }: FlowTickInput): Promise<TickDecision> {
  const { typedSearchAttributes, startTime } = workflowInfo()
  const nominalTime = (typedSearchAttributes.get(dueTimeKey) ?? startTime).toISOString()
  return await atHand('decideTick', `decide about the ring of ${nominalTime}`, { flowId, nominalTime })
}
