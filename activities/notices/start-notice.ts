import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client'
import type { Client } from '@temporalio/client'
import { defineSearchAttributeKey } from '@temporalio/common'
import type { NoticeEvent, NoticeKind } from '../../domain/notice.js'
import { noticeId } from '../../domain/rules/notices.js'
import { queues, workflowIds, workflowTypes } from '../../domain/rules/names.js'

export interface Notices {
  readonly client: Client
  /** What the webhook is wanted for; none where there is no webhook. */
  readonly kinds: ReadonlySet<NoticeKind>
}

/**
 * Lets a workflow of its own tell an event, and waits for nothing but its start. The same event is told once, however
 * often this is called; one that is not wanted starts nothing. Throws where Temporal is away: call it in a step.
 */
export async function startNotice({ client, kinds }: Notices, event: NoticeEvent): Promise<void> {
  if (!kinds.has(event.kind)) return
  try {
    await client.workflow.start(workflowTypes.notify, {
      workflowId: workflowIds.notify(noticeId(event)),
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      taskQueue: queues.control,
      args: [event],
      staticSummary: `Tell the webhook: ${event.kind} of flow ${event.flowId}`.slice(0, 190),
      typedSearchAttributes: [
        { key: defineSearchAttributeKey('FlowId', 'KEYWORD'), value: event.flowId },
        { key: defineSearchAttributeKey('OpKind', 'KEYWORD'), value: 'notify' },
      ],
    })
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
  }
}
