import type { TestFlowInput, TestFlowResult } from '../../../domain/operations.js'
import { workflowIds, workflowTypes } from '../../../domain/rules/names.js'
import { searchAttributes } from '../../../workflows/messages.js'
import { testFlow } from '../../contract/protection-flows.js'
import type { FlowTest } from '../../contract/protection-flows.js'
import { randomId } from '../../ids.js'
import { serviceUnavailable } from '../../problem.js'
import { route } from '../../route.js'
import { askWorkflow } from '../../workflow-calls.js'
import { findFlow } from './find-flow.js'

export const testFlowRoute = route(testFlow, async ({ context, params }) => {
  const { flow } = await findFlow(context.db, params.id)
  const outcome = await askWorkflow<TestFlowResult>(
    context.temporal,
    {
      type: workflowTypes.testFlow,
      workflowId: workflowIds.testFlow(flow.id, randomId('test')),
      input: { flowId: flow.id } satisfies TestFlowInput,
      summary: `Dry run of flow ${flow.name}`,
      opKind: 'test-flow',
      attributes: [{ key: searchAttributes.flowId, value: flow.id }],
      whenRunning: 'fail',
    },
    context.waits.questionMs,
  )
  if (!outcome.done)
    throw serviceUnavailable(
      `The dry run of ${flow.name} has not ended yet`,
      'Check that a worker runs, then try again.',
    )
  return { status: 200, body: summedUp(outcome.result) }
})

function summedUp({ checks }: TestFlowResult): FlowTest {
  const said = (severity: string): string[] =>
    checks.filter((check) => check.severity === severity).map((check) => check.detail)
  const errors = said('error')
  return { valid: errors.length === 0, errors, warnings: said('warning'), checks: [...checks] }
}
