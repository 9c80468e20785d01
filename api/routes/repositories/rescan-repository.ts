import type { RescanInput, RescanResult } from '../../../domain/operations.js'
import { workflowIds, workflowTypes } from '../../../domain/rules/names.js'
import { rescanRepository } from '../../contract/repositories.js'
import { route } from '../../route.js'
import { askWorkflow } from '../../workflow-calls.js'
import { findRepository } from './find-repository.js'

export const rescanRepositoryRoute = route(rescanRepository, async ({ context, params }) => {
  const repository = await findRepository(context.db, params.id)
  const input: RescanInput = { repositoryId: repository.id }
  const workflowId = workflowIds.rescan(repository.id)
  const outcome = await askWorkflow<RescanResult>(
    context.temporal,
    {
      type: workflowTypes.rescanRepository,
      workflowId,
      input,
      summary: `Rescan repository ${repository.name}`,
      opKind: 'rescan-repository',
      whenRunning: 'use',
    },
    context.waits.questionMs,
  )
  context.hub.publish('vm-contexts', { id: null })
  if (!outcome.done) return { status: 202, body: { workflow_id: workflowId, status: 'running' } }
  const { pointsFound, pointsRestored, pointsRefused } = outcome.result
  const body = {
    points_found: pointsFound,
    points_restored: pointsRestored,
    points_refused: [...pointsRefused],
  }
  return { status: 200, body }
})
