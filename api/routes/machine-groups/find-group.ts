import type { VmGroup } from '../../../domain/vm-group.js'
import type { Db } from '../../../drizzle/open.js'
import { groupById } from '../../../drizzle/queries/vm-groups.js'
import { notFound } from '../../problem.js'

/** Throws 404. */
export async function findGroup(db: Db, id: string): Promise<VmGroup> {
  const group = await groupById(db, id)
  if (group === undefined) throw notFound('group', id)
  return group
}
