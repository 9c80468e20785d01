import type { Client } from '@temporalio/client'
import { defineSearchAttributeKey } from '@temporalio/common'
import type { RunFlowInput } from '../../../domain/operations.js'
import { queues, workflowIds, workflowTypes } from '../../../domain/rules/names.js'

const flowIdKey = defineSearchAttributeKey('FlowId', 'KEYWORD')
const opKindKey = defineSearchAttributeKey('OpKind', 'KEYWORD')

const answeredWithinMs = 10_000

/** Tells `flow:<flowId>` that an execution is queued, and starts it where it is not open. Safe to run twice. */
export const wakeFlow = async (client: Client, flow: { readonly id: string; readonly name: string }) => {
  await client.withDeadline(Date.now() + answeredWithinMs, () =>
    client.workflow.signalWithStart(workflowTypes.runFlow, {
      workflowId: workflowIds.flow(flow.id),
      taskQueue: queues.control,
      args: [{ flowId: flow.id } satisfies RunFlowInput],
      signal: 'wake',
      signalArgs: [],
      // Behind the ticks of the same minute; what people start goes before it.
      priority: { priorityKey: 4 },
      staticSummary: `Run flow ${flow.name}`.slice(0, 190),
      typedSearchAttributes: [
        { key: flowIdKey, value: flow.id },
        { key: opKindKey, value: 'flow' },
      ],
    }),
  )
}
