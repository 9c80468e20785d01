import type { Client } from '@temporalio/client'
import { defineSearchAttributeKey } from '@temporalio/common'
import type { RunFlowInput } from '../../domain/operations.js'
import { queues, workflowIds, workflowTypes } from '../../domain/rules/names.js'

const flowIdKey = defineSearchAttributeKey('FlowId', 'KEYWORD')
const opKindKey = defineSearchAttributeKey('OpKind', 'KEYWORD')

/** Starts the flow's run, or tells the one that is open that another execution waits for it. */
export const wakeRunFlow = async (client: Client, flowId: string): Promise<void> => {
  await client.workflow.signalWithStart(workflowTypes.runFlow, {
    workflowId: workflowIds.flow(flowId),
    taskQueue: queues.control,
    args: [{ flowId } satisfies RunFlowInput],
    signal: 'wake',
    signalArgs: [],
    priority: { priorityKey: 4 },
    staticSummary: `Run flow ${flowId}`.slice(0, 190),
    typedSearchAttributes: [
      { key: flowIdKey, value: flowId },
      { key: opKindKey, value: workflowTypes.runFlow },
    ],
  })
}
