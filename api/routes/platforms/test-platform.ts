import type { TestPlatformInput, TestPlatformResult } from '../../../domain/operations.js'
import { workflowIds, workflowTypes } from '../../../domain/rules/names.js'
import { testPlatform } from '../../contract/platforms.js'
import { randomId } from '../../ids.js'
import { serviceUnavailable } from '../../problem.js'
import { route } from '../../route.js'
import { askWorkflow } from '../../workflow-calls.js'
import { findPlatform } from './find-platform.js'

export const testPlatformRoute = route(testPlatform, async ({ context, params }) => {
  const platform = await findPlatform(context.db, params.id)
  const input: TestPlatformInput = { platformId: platform.id }
  const outcome = await askWorkflow<TestPlatformResult>(
    context.temporal,
    {
      type: workflowTypes.testPlatform,
      workflowId: workflowIds.testPlatform(randomId('test')),
      input,
      summary: `Test platform ${platform.name}`,
      opKind: 'test-platform',
      whenRunning: 'fail',
    },
    context.waits.questionMs,
  )
  if (!outcome.done)
    throw serviceUnavailable(
      `The test of ${platform.name} has not ended yet`,
      'Check that a worker runs, then try again.',
    )
  const { ok, checks } = outcome.result
  return { status: 200, body: { ok, checks: [...checks] } }
})
