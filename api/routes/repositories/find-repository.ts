import type { Repository } from '../../../domain/repository.js'
import type { Db } from '../../../drizzle/open.js'
import { repositoryById } from '../../../drizzle/queries/repositories.js'
import { notFound } from '../../problem.js'

/** Throws 404. */
export async function findRepository(db: Db, id: number): Promise<Repository> {
  const repository = await repositoryById(db, id)
  if (repository === undefined) throw notFound('repository', id)
  return repository
}
