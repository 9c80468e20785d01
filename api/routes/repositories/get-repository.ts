import { getRepository } from '../../contract/repositories.js'
import { route } from '../../route.js'
import { findRepository } from './find-repository.js'

export const getRepositoryRoute = route(getRepository, async ({ context, params }) => ({
  status: 200,
  body: await findRepository(context.db, params.id),
}))
