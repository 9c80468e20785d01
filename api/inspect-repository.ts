import type { InspectRepositoryInput, InspectRepositoryResult } from '../domain/operations.js'
import type { Repository } from '../domain/repository.js'
import { workflowIds, workflowTypes } from '../domain/rules/names.js'
import type { ApiContext } from './context.js'
import { randomId } from './ids.js'
import { serviceUnavailable } from './problem.js'
import { askWorkflow } from './workflow-calls.js'

const words = { prepare: 'Prepare', check: 'Check marker and room of', storage: 'Measure' } as const

/**
 * Asks the host that holds a repository. Throws what it found wrong (marker, room, rights), or `service-unavailable`
 * when nobody answers in time.
 */
export async function inspectRepository(
  context: ApiContext,
  repository: Repository,
  action: InspectRepositoryInput['action'],
  neededBytes = 0,
): Promise<InspectRepositoryResult> {
  const input: InspectRepositoryInput = { repositoryId: repository.id, action, neededBytes }
  const outcome = await askWorkflow<InspectRepositoryResult>(
    context.temporal,
    {
      type: workflowTypes.inspectRepository,
      workflowId: workflowIds.inspectRepository(repository.id, randomId('ask')),
      input,
      summary: `${words[action]} repository ${repository.name}`,
      opKind: 'inspect-repository',
      whenRunning: 'fail',
    },
    context.waits.questionMs,
  )
  if (outcome.done) return outcome.result
  throw serviceUnavailable(
    `Nobody answers for repository ${repository.name}`,
    `Check that a worker runs on the host that holds ${repository.path}.`,
  )
}
