import { randomUUID } from 'node:crypto'
import { deleteRepository, insertRepository } from '../../../drizzle/queries/repositories.js'
import { createRepository } from '../../contract/repositories.js'
import { inspectRepository } from '../../inspect-repository.js'
import { route } from '../../route.js'
import { findRepository } from './find-repository.js'

export const createRepositoryRoute = route(createRepository, async ({ context, body }) => {
  const { marker = randomUUID(), ...values } = body
  const id = await insertRepository(context.db, { ...values, marker })
  try {
    // The row comes first: a worker begins to serve the repository's queue when it sees the row.
    const repository = await findRepository(context.db, id)
    await inspectRepository(context, repository, 'prepare')
    context.hub.publish('repositories', { id: String(id) })
    return { status: 201, body: repository, subject: String(id) }
  } catch (error) {
    await deleteRepository(context.db, id)
    throw error
  }
})
