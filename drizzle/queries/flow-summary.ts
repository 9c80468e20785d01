import { count, gte, inArray, isNull, min, sql } from 'drizzle-orm'
import { lastExecutionStatuses } from '../../domain/flow.js'
import type { LastExecutionStatus } from '../../domain/flow.js'
import type { Db } from '../open.js'
import { protectionFlowExecutions } from '../schema/protection-flow-executions.js'
import { protectionFlows } from '../schema/protection-flows.js'

export interface FlowNumbers {
  readonly total_flows: number
  readonly enabled_flows: number
  readonly backup_flows: number
  readonly replication_flows: number
  readonly running_executions: number
  readonly total_executions_today: number
  readonly successful_executions_today: number
  readonly failed_executions_today: number
  readonly bytes_transferred_today: number
  readonly by_last_status: Record<LastExecutionStatus, number>
  readonly next_execution_time: string | null
}

const summed = (condition: ReturnType<typeof sql>) =>
  sql<number>`coalesce(sum(${condition}), 0)`.mapWith(Number)

/** Numbers of the flows that are not deleted, and of all executions begun since `today`. */
export const flowNumbers = async (db: Db, today: Date): Promise<FlowNumbers> => {
  const flows = protectionFlows
  const runs = protectionFlowExecutions
  const [byStatus, [running], [since]] = await Promise.all([
    db
      .select({
        status: flows.last_execution_status,
        total: count(),
        enabled: summed(sql`${flows.enabled}`),
        backup: summed(sql`${flows.flow_type} = 'backup'`),
        next: min(flows.next_execution_time),
      })
      .from(flows)
      .where(isNull(flows.deleted_at))
      .groupBy(flows.last_execution_status),
    db
      .select({ total: count() })
      .from(runs)
      .where(inArray(runs.status, ['running', 'paused'])),
    db
      .select({
        total: count(),
        successful: summed(sql`${runs.status} = 'success'`),
        failed: summed(sql`${runs.status} = 'error'`),
        bytes: summed(sql`${runs.bytes_transferred}`),
      })
      .from(runs)
      .where(gte(runs.created_at, today.toISOString())),
  ])
  const all = (pick: (row: (typeof byStatus)[number]) => number): number =>
    byStatus.reduce((sum, row) => sum + pick(row), 0)
  const next = byStatus.flatMap((row) => row.next ?? []).sort()[0] ?? null
  const counts = new Map(byStatus.map((row) => [row.status, row.total]))
  return {
    total_flows: all((row) => row.total),
    enabled_flows: all((row) => row.enabled),
    backup_flows: all((row) => row.backup),
    replication_flows: all((row) => row.total - row.backup),
    running_executions: running?.total ?? 0,
    total_executions_today: since?.total ?? 0,
    successful_executions_today: since?.successful ?? 0,
    failed_executions_today: since?.failed ?? 0,
    bytes_transferred_today: since?.bytes ?? 0,
    by_last_status: Object.fromEntries(
      lastExecutionStatuses.map((status) => [status, counts.get(status) ?? 0]),
    ) as Record<LastExecutionStatus, number>,
    next_execution_time: next,
  }
}
