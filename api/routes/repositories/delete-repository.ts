import { deleteRepository as removeRepository } from '../../../drizzle/queries/repositories.js'
import { deleteRepository } from '../../contract/repositories.js'
import { ApiProblem, notFound } from '../../problem.js'
import { route } from '../../route.js'
import { findRepository } from './find-repository.js'

export const deleteRepositoryRoute = route(deleteRepository, async ({ context, params }) => {
  const repository = await findRepository(context.db, params.id)
  const outcome = await removeRepository(context.db, repository.id)
  if (outcome === 'not-found') throw notFound('repository', repository.id)
  if (outcome === 'in-use')
    throw new ApiProblem(409, 'conflict', `Repository ${repository.name} still has backups`, {
      remedy:
        'Delete its backups first, those that failed or were cancelled too; its directory must be there for that.',
    })
  context.hub.publish('repositories', { id: String(repository.id) })
  return { status: 204, body: null }
})
