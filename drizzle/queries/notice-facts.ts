import { and, asc, eq } from 'drizzle-orm'
import type { NoticeEvent } from '../../domain/notice.js'
import type { NoticeFacts } from '../../domain/rules/notices.js'
import type { Db } from '../open.js'
import { flowExecutionItems } from '../schema/flow-execution-items.js'
import { protectionFlows } from '../schema/protection-flows.js'
import { executionById } from './executions.js'

const mostFailed = 5

/** What a notice tells of its flow, deleted or not, and its execution; undefined where there is no such flow. */
export const noticeFacts = async (db: Db, event: NoticeEvent): Promise<NoticeFacts | undefined> => {
  const [flow] = await db
    .select({ id: protectionFlows.id, name: protectionFlows.name })
    .from(protectionFlows)
    .where(eq(protectionFlows.id, event.flowId))
  if (flow === undefined) return undefined
  if (event.kind === 'missed') return { flow, execution: null, failed: [] }
  const execution = (await executionById(db, event.executionId)) ?? null
  const failed = await db
    .select({ vm_name: flowExecutionItems.vm_name, reason: flowExecutionItems.reason })
    .from(flowExecutionItems)
    .where(
      and(eq(flowExecutionItems.execution_id, event.executionId), eq(flowExecutionItems.status, 'failed')),
    )
    .orderBy(asc(flowExecutionItems.position))
    .limit(mostFailed)
  return { flow, execution, failed }
}
