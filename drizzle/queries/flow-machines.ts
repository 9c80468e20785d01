import { and, count, desc, eq, inArray, sql } from 'drizzle-orm'
import type { ItemStatus } from '../../domain/execution.js'
import type { Flow } from '../../domain/flow.js'
import type { VmContext } from '../../domain/vm-context.js'
import type { Db } from '../open.js'
import { backupJobs } from '../schema/backup-jobs.js'
import { flowExecutionItems } from '../schema/flow-execution-items.js'
import { platforms } from '../schema/platforms.js'
import { protectionFlowExecutions } from '../schema/protection-flow-executions.js'
import { vmDisks } from '../schema/vm-disks.js'
import { vmReplicationContexts } from '../schema/vm-replication-contexts.js'

/** How one VM fares in a flow. */
export interface MachineRecord {
  readonly context: VmContext
  readonly platform_name: string
  readonly disk_bytes: number
  /** When its newest point in the flow's repository was completed. */
  readonly last_backup_at: string | null
  /** Its newest item among the flow's latest executions that says how it fares: one left out or cancelled does not. */
  readonly latest_item: Exclude<ItemStatus, 'skipped' | 'cancelled'> | null
  /** Of its items there that have ended, in per cent; null without any. */
  readonly success_rate: number | null
}

const latestExecutions = 50

/** In the order of the VMs that are given. */
export const machineRecords = async (
  db: Db,
  flow: Pick<Flow, 'id' | 'repository_id'>,
  vms: readonly VmContext[],
): Promise<MachineRecord[]> => {
  if (vms.length === 0) return []
  const ids = vms.map((vm) => vm.id)
  const [facts, fates] = await Promise.all([factsOf(db, flow, ids), fatesOf(db, flow.id, ids)])
  return vms.map((context) => ({
    context,
    platform_name: facts.get(context.id)?.platform_name ?? '',
    disk_bytes: facts.get(context.id)?.disk_bytes ?? 0,
    last_backup_at: facts.get(context.id)?.last_backup_at ?? null,
    latest_item: fates.get(context.id)?.latest ?? null,
    success_rate: fates.get(context.id)?.rate ?? null,
  }))
}

/** One index look-up a VM for its newest point, however many it has. */
const factsOf = async (db: Db, { repository_id }: Pick<Flow, 'repository_id'>, ids: string[]) => {
  const contexts = vmReplicationContexts
  const newest = db
    .select({ at: backupJobs.completed_at })
    .from(backupJobs)
    .where(
      and(
        eq(backupJobs.vm_context_id, contexts.id),
        eq(backupJobs.status, 'completed'),
        eq(backupJobs.repository_id, repository_id ?? 0),
      ),
    )
    .orderBy(desc(backupJobs.created_at), desc(backupJobs.id))
    .limit(1)
  const bytes = db
    .select({ bytes: sql`coalesce(sum(${vmDisks.capacity_bytes}), 0)`.as('bytes') })
    .from(vmDisks)
    .where(and(eq(vmDisks.vm_context_id, contexts.id), eq(vmDisks.present, true)))
  const rows = await db
    .select({
      id: contexts.id,
      platform_name: platforms.name,
      disk_bytes: sql<number>`(${bytes})`.mapWith(Number),
      last_backup_at: sql<string | null>`(${newest})`.mapWith(backupJobs.completed_at),
    })
    .from(contexts)
    .innerJoin(platforms, eq(platforms.id, contexts.platform_id))
    .where(inArray(contexts.id, ids))
  return new Map(rows.map((row) => [row.id, row]))
}

const fatesOf = async (db: Db, flowId: string, ids: string[]) => {
  const executions = protectionFlowExecutions
  const items = flowExecutionItems
  const latest = db
    .select({ id: executions.id, created_at: executions.created_at })
    .from(executions)
    .where(eq(executions.flow_id, flowId))
    .orderBy(desc(executions.created_at), desc(executions.id))
    .limit(latestExecutions)
    .as('latest')
  const ended = sql`sum(${items.status} in ('completed', 'failed', 'skipped', 'cancelled'))`
  const rows = await db
    .select({
      id: items.vm_context_id,
      // Times have one length, so the greatest text is the newest.
      latest: sql<
        MachineRecord['latest_item']
      >`substring_index(max(if(${items.status} in ('skipped', 'cancelled'), null, concat(${latest.created_at}, '|', ${items.status}))), '|', -1)`,
      rate: sql<
        number | null
      >`round(100 * sum(${items.status} = 'completed') / nullif(${ended}, 0), 1)`.mapWith(Number),
    })
    .from(latest)
    .innerJoin(items, eq(items.execution_id, latest.id))
    .where(inArray(items.vm_context_id, ids))
    .groupBy(items.vm_context_id)
  return new Map(rows.map((row) => [row.id, row]))
}

/** What a deleted flow leaves: its points, their size, and its executions. */
export const leftBehind = async (
  db: Db,
  flowId: string,
): Promise<{ backups: number; bytes_stored: number; executions: number }> => {
  const [[points], [runs]] = await Promise.all([
    db
      .select({
        backups: count(),
        bytes_stored: sql<number>`coalesce(sum(${backupJobs.bytes_stored}), 0)`.mapWith(Number),
      })
      .from(backupJobs)
      .where(and(eq(backupJobs.flow_id, flowId), eq(backupJobs.status, 'completed'))),
    db
      .select({ executions: count() })
      .from(protectionFlowExecutions)
      .where(eq(protectionFlowExecutions.flow_id, flowId)),
  ])
  return {
    backups: points?.backups ?? 0,
    bytes_stored: points?.bytes_stored ?? 0,
    executions: runs?.executions ?? 0,
  }
}
