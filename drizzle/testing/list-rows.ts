import { drizzle } from 'drizzle-orm/mysql2'
import { createConnection, createPool } from 'mysql2/promise'
import { connectionOptions } from '../database-url.js'
import type { Db } from '../open.js'

/** How many rows a list is measured over. */
export interface ListSize {
  readonly flows: number
  readonly executions: number
}

const settings = `'skip', 'run_once', 1440, 'wait', 2, 60, 7, 30, 'prefer'`

/** Fills an empty, migrated database: flows of one VM's id, and their executions, a minute apart. */
export const fillLists = async (url: string, { flows, executions }: ListSize): Promise<void> => {
  const connection = await createConnection(connectionOptions(url))
  await connection.query(`insert into backup_repositories (id, name, repository_type, path, marker, enabled, created_at, updated_at)
    values (1, 'bench', 'local', '/bench', 'bench', 1, '2026-01-01', '2026-01-01')`)
  await connection.query(`insert into replication_schedules (id, name, cron_expression, timezone, jitter_seconds, enabled, created_by, created_at, updated_at)
    values ('sched-bench', 'Nightly', '0 2 * * *', 'UTC', 0, 1, 'bench', '2026-01-01', '2026-01-01')`)
  await connection.query(`insert into protection_flows (id, name, flow_type, target_type, target_id, repository_id, schedule_id, enabled,
      overlap_policy, missed_run_policy, catchup_limit_minutes, busy_vm_policy, max_retries, retry_wait_seconds, full_every_days, full_every_points, quiesce,
      last_execution_status, last_execution_time, next_execution_time, total_executions, successful_executions, failed_executions,
      version, synced_version, created_by, created_at, updated_at)
    select concat('flow-', seq), concat('Nightly backup ', seq * 7919 % ${flows}, ' of ', seq), 'backup', 'vm', concat('ctx-', seq % 500), 1,
      if(seq % 4 = 0, null, 'sched-bench'), seq % 5 <> 0, ${settings},
      elt(1 + seq % 10, 'success', 'success', 'success', 'success', 'success', 'success', 'warning', 'error', 'running', 'pending'),
      if(seq % 10 = 9, null, date_add('2026-05-01', interval seq * 31 % ${flows} minute)),
      if(seq % 4 = 0, null, date_add('2026-06-01', interval seq * 17 % ${flows} minute)), 100, 90, 3, 1, 1, 'bench',
      date_add('2026-01-01', interval seq minute), '2026-05-01' from seq_1_to_${flows}`)
  await connection.query(`insert into protection_flow_executions (id, flow_id, status, execution_type, backup_type,
      jobs_created, jobs_completed, jobs_failed, jobs_skipped, jobs_cancelled, vms_total, vms_processed, bytes_transferred, warnings, created_job_ids,
      workflow_id, started_at, completed_at, triggered_by, created_at)
    select concat('exec-', seq), concat('flow-', 1 + seq % ${flows}), if(seq % 997 = 0, 'error', if(seq % 89 = 0, 'warning', 'success')),
      if(seq % 5003 = 0, 'api', 'scheduled'), 'auto', 1, 1, 0, 0, 0, 1, 1, 1048576, '[]', '["backup-1"]', 'flow:bench',
      date_add('2024-01-01', interval seq minute), date_add('2024-01-01', interval seq minute), 'scheduler',
      date_add('2024-01-01', interval seq minute) from seq_1_to_${executions}`)
  await connection.query('analyze table protection_flows, protection_flow_executions')
  await connection.end()
}

/** What `work` asks, each statement with the server's plan for it, a line a table. */
export const explained = async (
  url: string,
  work: (db: Db) => Promise<unknown>,
): Promise<{ readonly statement: string; readonly plan: readonly string[] }[]> => {
  const pool = createPool({ ...connectionOptions(url), connectionLimit: 4 })
  const asked: [string, unknown[]][] = []
  await work(drizzle(pool, { logger: { logQuery: (text, values) => void asked.push([text, values]) } }) as Db)
  const plans: { statement: string; plan: string[] }[] = []
  for (const [statement, values] of asked) {
    const [rows] = await pool.query(`explain ${statement}`, values)
    const columns = ['table', 'type', 'key', 'rows', 'Extra']
    const plan = (rows as Record<string, unknown>[]).map((row) =>
      columns.map((name) => String(row[name])).join(' | '),
    )
    plans.push({ statement, plan })
  }
  await pool.end()
  return plans
}
