import { eq } from 'drizzle-orm'
import type { Policy } from '../../domain/policy.js'
import type { Db } from '../open.js'
import { backupPolicies } from '../schema/backup-policies.js'

/** Returns the new id. Throws `isDuplicate` when the name is taken. */
export const insertPolicy = async (db: Db, policy: Omit<Policy, 'id'>): Promise<number> => {
  const [header] = await db.insert(backupPolicies).values(policy)
  return header.insertId
}

export const policyById = async (db: Db, id: number): Promise<Policy | undefined> => {
  const [row] = await db.select().from(backupPolicies).where(eq(backupPolicies.id, id))
  return row
}
