import { and, eq, isNull } from 'drizzle-orm'
import type { Flow } from '../../domain/flow.js'
import type { Db } from '../open.js'
import { protectionFlows } from '../schema/protection-flows.js'

const unspoken = {
  last_execution_id: null,
  last_execution_status: 'pending',
  last_execution_time: null,
  total_executions: 0,
  successful_executions: 0,
  failed_executions: 0,
  version: 1,
  synced_version: 0,
  sync_error: null,
  deleted_at: null,
} as const

/** What a new flow is given; all else begins at its usual value. */
export type NewFlow = Omit<Flow, keyof typeof unspoken>

/** Throws `isDuplicate` when a flow that is not deleted has the name. */
export const insertFlow = async (db: Db, flow: NewFlow): Promise<void> => {
  await db.insert(protectionFlows).values({ ...flow, ...unspoken })
}

const asFlow = ({ live_name: _, ...row }: typeof protectionFlows.$inferSelect): Flow => row

/** A flow that is not deleted. */
export const flowById = async (db: Db, id: string): Promise<Flow | undefined> => {
  const [row] = await db
    .select()
    .from(protectionFlows)
    .where(and(eq(protectionFlows.id, id), isNull(protectionFlows.deleted_at)))
  return row && asFlow(row)
}

/** Deleted flows, too: what they began goes on by their settings. */
export const flowEvenDeleted = async (db: Db, id: string): Promise<Flow | undefined> => {
  const [row] = await db.select().from(protectionFlows).where(eq(protectionFlows.id, id))
  return row && asFlow(row)
}

/** The same row, held until the transaction ends; deleted ones too: who decides about a flow waits for its turn here. */
export const lockFlow = async (tx: Db, id: string): Promise<Flow | undefined> => {
  const [row] = await tx.select().from(protectionFlows).where(eq(protectionFlows.id, id)).for('update')
  return row && asFlow(row)
}
