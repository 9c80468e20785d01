import type { Repository } from '../../../domain/repository.js'
import type { Db } from '../../../drizzle/open.js'
import { flowsOfRepository, isInHistory } from '../../../drizzle/queries/live-flows.js'
import { deleteRepository as removeRepository, hasBackups } from '../../../drizzle/queries/repositories.js'
import { deleteRepository } from '../../contract/repositories.js'
import { inUse } from '../../in-use.js'
import { ApiProblem, notFound } from '../../problem.js'
import { route } from '../../route.js'
import { findRepository } from './find-repository.js'

export const deleteRepositoryRoute = route(deleteRepository, async ({ context, params }) => {
  const repository = await findRepository(context.db, params.id)
  const outcome = await removeRepository(context.db, repository.id)
  if (outcome === 'not-found') throw notFound('repository', repository.id)
  if (outcome === 'in-use') throw await refusal(context.db, repository)
  context.hub.publish('repositories', { id: String(repository.id) })
  return { status: 204, body: null }
})

async function refusal(db: Db, { id, name }: Repository): Promise<ApiProblem> {
  const flows = await flowsOfRepository(db, id)
  if (flows.length > 0) return inUse('Repository', name, flows)
  const inHistory = !(await hasBackups(db, id)) && (await isInHistory(db, id))
  if (inHistory)
    return new ApiProblem(409, 'conflict', `Repository ${name} stands in the history of deleted flows`, {
      remedy: 'Switch it off instead: then nothing is written there any more.',
    })
  return new ApiProblem(409, 'conflict', `Repository ${name} still has backups`, {
    remedy:
      'Delete its backups first, those that failed or were cancelled too; its directory must be there for that.',
  })
}
