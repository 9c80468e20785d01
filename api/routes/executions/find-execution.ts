import type { Db } from '../../../drizzle/open.js'
import { namedExecution } from '../../../drizzle/queries/execution-lists.js'
import type { NamedExecution } from '../../../drizzle/queries/execution-lists.js'
import { notFound } from '../../problem.js'

/** Throws 404. */
export async function findExecution(db: Db, id: string): Promise<NamedExecution> {
  const execution = await namedExecution(db, id)
  if (execution === undefined) throw notFound('execution', id)
  return execution
}
