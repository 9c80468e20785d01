import { and, eq, inArray, sql } from 'drizzle-orm'
import type { Db } from '../open.js'
import { backupJobs } from '../schema/backup-jobs.js'
import { flowExecutionItems as items } from '../schema/flow-execution-items.js'
import { jobProgress } from '../schema/job-progress.js'
import type { NamedExecution } from './execution-lists.js'

/**
 * Executions with what they have begun and read by now: their rows are recounted when an item ends, which for a big disk
 * is hours. Counted where they are shown, so that claims stay cheap: by the items' index alone, and by the rows of those
 * few that run. Nothing is asked where none of them runs.
 */
export async function withLiveCounters(db: Db, rows: readonly NamedExecution[]): Promise<NamedExecution[]> {
  const running = rows.flatMap(({ execution: { id, status } }) =>
    status === 'running' || status === 'paused' ? [id] : [],
  )
  if (running.length === 0) return [...rows]
  const [begun, reading] = await Promise.all([begunBy(db, running), readNow(db, running)])
  return rows.map(({ execution, ...named }) => {
    const counted = begun.get(execution.id)
    if (counted === undefined) return { execution, ...named }
    const bytes_transferred = counted.bytes + (reading.get(execution.id) ?? 0)
    return { ...named, execution: { ...execution, jobs_created: counted.attempts, bytes_transferred } }
  })
}

const begunBy = async (db: Db, ids: string[]) => {
  const rows = await db
    .select({
      id: items.execution_id,
      attempts: sql<number>`sum(${items.attempts})`.mapWith(Number),
      bytes: sql<number>`sum(${items.bytes_transferred})`.mapWith(Number),
    })
    .from(items, { forceIndex: 'flow_execution_items_claim_ix' })
    .where(inArray(items.execution_id, ids))
    .groupBy(items.execution_id)
  return new Map(rows.map((row) => [row.id, row]))
}

/** What backups that run have read beyond what their items say, which is of the attempt before. */
const readNow = async (db: Db, ids: string[]): Promise<ReadonlyMap<string, number>> => {
  const progress = db
    .select({ bytes: sql`sum(${jobProgress.bytes_read})`.as('bytes') })
    .from(jobProgress)
    .where(eq(jobProgress.job_id, items.backup_id))
  const read = sql`greatest(${backupJobs.bytes_read}, coalesce((${progress}), 0))`
  const rows = await db
    .select({
      id: items.execution_id,
      bytes: sql<number>`sum(greatest(${read} - ${items.bytes_transferred}, 0))`.mapWith(Number),
    })
    .from(items, { forceIndex: 'flow_execution_items_claim_ix' })
    .innerJoin(backupJobs, eq(backupJobs.id, items.backup_id))
    .where(and(inArray(items.execution_id, ids), eq(items.status, 'running')))
    .groupBy(items.execution_id)
  return new Map(rows.map((row) => [row.id, row.bytes]))
}
