import { updateRepository as writeRepository } from '../../../drizzle/queries/repositories.js'
import { updateRepository } from '../../contract/repositories.js'
import { notFound } from '../../problem.js'
import { route } from '../../route.js'
import { unlessTaken } from '../../taken-name.js'
import { findRepository } from './find-repository.js'

export const updateRepositoryRoute = route(updateRepository, async ({ context, params, body }) => {
  const written = await unlessTaken('repository', body.name, () =>
    writeRepository(context.db, params.id, body),
  )
  if (!written) throw notFound('repository', params.id)
  context.hub.publish('repositories', { id: String(params.id) })
  // Flows show the name of their repository.
  if (body.name !== undefined) context.hub.publish('flows', { id: null })
  return { status: 200, body: await findRepository(context.db, params.id) }
})
