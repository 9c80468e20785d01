import { getRepositoryStorage } from '../../contract/repositories.js'
import { inspectRepository } from '../../inspect-repository.js'
import { route } from '../../route.js'
import { findRepository } from './find-repository.js'

export const getRepositoryStorageRoute = route(getRepositoryStorage, async ({ context, params }) => ({
  status: 200,
  body: await inspectRepository(context, await findRepository(context.db, params.id), 'storage'),
}))
