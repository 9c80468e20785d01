import { sql } from 'drizzle-orm'
import type { Db } from '../open.js'

const rowsOf = async <Row>(db: Db, query: ReturnType<typeof sql>): Promise<Row[]> => {
  const [rows] = (await db.execute(query)) as unknown as [Row[]]
  return rows
}

/** Gives every flow this schedule, as an edit of each would. */
export const giveSchedule = async (db: Db, scheduleId: string): Promise<void> => {
  await db.execute(
    sql`update protection_flows set schedule_id = ${scheduleId}, version = version + 1, rung_until = utc_timestamp(3)`,
  )
}

/** Flows whose schedule in Temporal is not as their row says. */
export const unsyncedFlows = async (db: Db): Promise<number> => {
  const [row] = await rowsOf<{ many: number }>(
    db,
    sql`select count(*) as many from protection_flows where synced_version <> version`,
  )
  return Number(row?.many ?? 0)
}

/** What stands of all flows' executions. */
export interface RunsNow {
  readonly executions: number
  readonly flows: number
  readonly begun: number
  readonly ended: number
  /** Moments at which they began, sorted. */
  readonly startedAt: readonly Date[]
  /** The most places that are taken on one resource, by its kind (`repository`, `vcenter`, …). */
  readonly slots: Readonly<Record<string, number>>
  /** Open connections to the server. */
  readonly connections: number
}

export const runsNow = async (db: Db): Promise<RunsNow> => {
  const executions = await rowsOf<{ flow_id: string; status: string; started_at: string | null }>(
    db,
    sql`select flow_id, status, date_format(started_at, '%Y-%m-%dT%H:%i:%s.%f') as started_at from protection_flow_executions`,
  )
  const slots = await rowsOf<{ kind: string; most: number }>(
    db,
    sql`select substring_index(resource, ':', 1) as kind, max(many) as most
        from (select resource, count(*) as many from operation_slots group by resource) as taken group by kind`,
  )
  const [open] = await rowsOf<{ many: number }>(
    db,
    sql`select count(*) as many from information_schema.processlist where db = database()`,
  )
  const begun = executions.flatMap(({ started_at }) => started_at ?? [])
  return {
    executions: executions.length,
    flows: new Set(executions.map(({ flow_id }) => flow_id)).size,
    begun: begun.length,
    ended: executions.filter(({ status }) => !['pending', 'running', 'paused'].includes(status)).length,
    startedAt: begun.map((at) => new Date(`${at.slice(0, 23)}Z`)).sort((a, b) => a.getTime() - b.getTime()),
    slots: Object.fromEntries(slots.map(({ kind, most }) => [kind, Number(most)])),
    connections: Number(open?.many ?? 0),
  }
}

/** `ready`: items that a lane could begin now. */
export const lanesNow = async (
  db: Db,
  executionId: string,
): Promise<{ readonly running: number; readonly ready: number; readonly isOpen: boolean }> => {
  const [items] = await rowsOf<{ running: string | null; ready: string | null }>(
    db,
    sql`select sum(status = 'running') as running, sum(status = 'pending') as ready
        from flow_execution_items where execution_id = ${executionId}`,
  )
  const [execution] = await rowsOf<{ status: string }>(
    db,
    sql`select status from protection_flow_executions where id = ${executionId}`,
  )
  return {
    running: Number(items?.running ?? 0),
    ready: Number(items?.ready ?? 0),
    isOpen: ['pending', 'running', 'paused'].includes(execution?.status ?? ''),
  }
}

/** For each VM of an execution: how many completed backups it has from it, and the lane that worked on it. */
export const itemsByVm = async (
  db: Db,
  executionId: string,
): Promise<{ readonly vm: string; readonly completed: number; readonly lane: number | null }[]> => {
  const rows = await rowsOf<{ vm: string; completed: string; lane: number | null }>(
    db,
    sql`select item.vm_context_id as vm, item.lane as lane, sum(job.status = 'completed') as completed
        from flow_execution_items item left join backup_jobs job
          on job.execution_id = item.execution_id and job.vm_context_id = item.vm_context_id
        where item.execution_id = ${executionId} group by item.vm_context_id, item.lane`,
  )
  return rows.map((row) => ({ ...row, completed: Number(row.completed) }))
}
