import { and, asc, count, eq, inArray, isNull } from 'drizzle-orm'
import type { Policy } from '../../domain/policy.js'
import { inTransaction, matched } from '../open.js'
import type { Db } from '../open.js'
import { backupPolicies } from '../schema/backup-policies.js'
import { backupRepositories } from '../schema/backup-repositories.js'
import { protectionFlows } from '../schema/protection-flows.js'
import { pageOf } from './paging.js'
import type { Page, Paged } from './paging.js'

/** Returns the new id. Throws `isDuplicate` when the name is taken. */
export const insertPolicy = async (db: Db, policy: Omit<Policy, 'id'>): Promise<number> => {
  const [header] = await db.insert(backupPolicies).values(policy)
  return header.insertId
}

export const policyById = async (db: Db, id: number): Promise<Policy | undefined> => {
  const [row] = await db.select().from(backupPolicies).where(eq(backupPolicies.id, id))
  return row
}

export const listPolicies = (db: Db, page: Page): Promise<Paged<Policy>> =>
  pageOf(db, {
    table: backupPolicies,
    key: { createdAt: backupPolicies.created_at, id: backupPolicies.id },
    where: undefined,
    page,
    positionOf: (row) => [row.created_at, row.id],
    select: (where, orderBy, limit) =>
      db
        .select()
        .from(backupPolicies)
        .where(where)
        .orderBy(...orderBy)
        .limit(limit),
  })

export type PolicyPatch = Partial<Omit<Policy, 'id' | 'created_by' | 'created_at' | 'updated_at'>>

/** False when there is no such policy; throws `isDuplicate` when the new name is taken. */
export const updatePolicy = async (db: Db, id: number, patch: PolicyPatch): Promise<boolean> =>
  matched(
    await db
      .update(backupPolicies)
      .set({ ...patch, updated_at: new Date().toISOString() })
      .where(eq(backupPolicies.id, id)),
  ) === 1

export type PolicyDeletion =
  | { readonly kind: 'deleted' | 'not-found' }
  /** The names of the flows that use it, in their order. */
  | { readonly kind: 'in-use'; readonly flows: readonly string[] }

/** Deleted flows forget the policy; others hold it. A flow that begins to use it meanwhile waits for its turn. */
export const deletePolicy = (db: Db, id: number): Promise<PolicyDeletion> =>
  inTransaction(db, async (tx): Promise<PolicyDeletion> => {
    const [row] = await tx
      .select({ id: backupPolicies.id })
      .from(backupPolicies)
      .where(eq(backupPolicies.id, id))
      .for('update')
    if (row === undefined) return { kind: 'not-found' }
    const users = await tx
      .select({ name: protectionFlows.name })
      .from(protectionFlows)
      .where(and(eq(protectionFlows.policy_id, id), isNull(protectionFlows.deleted_at)))
      .orderBy(asc(protectionFlows.name))
    if (users.length > 0) return { kind: 'in-use', flows: users.map(({ name }) => name) }
    await tx.delete(backupPolicies).where(eq(backupPolicies.id, id))
    return { kind: 'deleted' }
  })

/** How many flows that are not deleted use each of these policies; those that none uses are absent. */
export const flowsOfPolicies = async (db: Db, ids: readonly number[]): Promise<Map<number, number>> => {
  if (ids.length === 0) return new Map()
  const rows = await db
    .select({ id: protectionFlows.policy_id, flows: count() })
    .from(protectionFlows)
    .where(and(inArray(protectionFlows.policy_id, [...ids]), isNull(protectionFlows.deleted_at)))
    .groupBy(protectionFlows.policy_id)
  return new Map(rows.map(({ id, flows }) => [id ?? 0, flows]))
}

/** The names of these repositories by their ids; those that are not there are absent. */
export const repositoryNames = async (db: Db, ids: readonly number[]): Promise<Map<number, string>> => {
  if (ids.length === 0) return new Map()
  const rows = await db
    .select({ id: backupRepositories.id, name: backupRepositories.name })
    .from(backupRepositories)
    .where(inArray(backupRepositories.id, [...ids]))
  return new Map(rows.map(({ id, name }) => [id, name]))
}
