import { and, desc, eq, inArray, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/mysql-core'
import type { Db } from '../open.js'
import { backupJobs } from '../schema/backup-jobs.js'
import { discoveredVms } from '../schema/discovered-vms.js'
import { operationSlots } from '../schema/operation-slots.js'
import { protectionFlowExecutions } from '../schema/protection-flow-executions.js'
import { protectionFlows } from '../schema/protection-flows.js'
import { vmDisks } from '../schema/vm-disks.js'
import { vmReplicationContexts } from '../schema/vm-replication-contexts.js'

/** How many places of each resource are taken; resources without any are absent. */
export const takenPlaces = async (db: Db): Promise<Map<string, number>> => {
  const rows = await db
    .select({ resource: operationSlots.resource, taken: sql<number>`count(*)`.mapWith(Number) })
    .from(operationSlots)
    .groupBy(operationSlots.resource)
  return new Map(rows.map(({ resource, taken }) => [resource, taken]))
}

/** Backups into a repository that have begun, and executions of all flows that are under way. */
export const crowdOf = async (
  db: Db,
  repositoryId: number,
): Promise<{ readonly open: number; readonly executions: number }> => {
  const [jobs] = await db
    .select({ open: sql<number>`count(*)`.mapWith(Number) })
    .from(backupJobs)
    .where(
      and(eq(backupJobs.repository_id, repositoryId), inArray(backupJobs.status, ['pending', 'running'])),
    )
  const [runs] = await db
    .select({ executions: sql<number>`count(*)`.mapWith(Number) })
    .from(protectionFlowExecutions)
    .where(eq(protectionFlowExecutions.status, 'running'))
  return { open: jobs?.open ?? 0, executions: runs?.executions ?? 0 }
}

/** Executions under way: those of flows into a repository, and all. */
export const executionsInto = async (
  db: Db,
  repositoryId: number,
): Promise<{ readonly into: number; readonly executions: number }> => {
  const [runs] = await db
    .select({
      into: sql<number>`coalesce(sum(${protectionFlows.repository_id} = ${repositoryId}), 0)`.mapWith(Number),
      executions: sql<number>`count(*)`.mapWith(Number),
    })
    .from(protectionFlowExecutions)
    // From the left: the few that run, not all flows.
    .leftJoin(protectionFlows, eq(protectionFlows.id, protectionFlowExecutions.flow_id))
    .where(eq(protectionFlowExecutions.status, 'running'))
  return { into: runs?.into ?? 0, executions: runs?.executions ?? 0 }
}

/** Where a VM was when it was last looked at. */
export interface VmPlace {
  readonly platformId: string
  readonly datastores: readonly string[]
  /** By its latest backup; null where that is not known any more. */
  readonly host: string | null
}

/** Three statements, however many VMs. */
export const placesOf = async (db: Db, contextIds: readonly string[]): Promise<Map<string, VmPlace>> => {
  if (contextIds.length === 0) return new Map()
  const ids = [...contextIds]
  const contexts = await db
    .select({ id: vmReplicationContexts.id, platformId: vmReplicationContexts.platform_id })
    .from(vmReplicationContexts)
    .where(inArray(vmReplicationContexts.id, ids))
  const disks = await db
    .select({ id: vmDisks.vm_context_id, datastore: vmDisks.datastore })
    .from(vmDisks)
    .where(inArray(vmDisks.vm_context_id, ids))
  const hosts = await hostsOf(db, ids)
  return new Map(
    contexts.map(({ id, platformId }) => [
      id,
      {
        platformId,
        datastores: [...new Set(disks.filter((disk) => disk.id === id).map((disk) => disk.datastore))],
        host: hosts.get(id) ?? null,
      },
    ]),
  )
}

const hostsOf = async (db: Db, ids: string[]): Promise<Map<string, string>> => {
  const newer = alias(backupJobs, 'newer')
  // One index look-up a VM, however many backups it has.
  const latest = db
    .select({ id: newer.id })
    .from(newer)
    .where(eq(newer.vm_context_id, vmReplicationContexts.id))
    .orderBy(desc(newer.created_at), desc(newer.id))
    .limit(1)
  const rows = await db
    .select({
      id: vmReplicationContexts.id,
      host: sql<string | null>`json_value(${discoveredVms.vm}, '$.host')`,
    })
    .from(vmReplicationContexts)
    .innerJoin(discoveredVms, eq(discoveredVms.request_id, latest))
    .where(inArray(vmReplicationContexts.id, ids))
  return new Map(rows.flatMap(({ id, host }) => (host ? [[id, host] as const] : [])))
}
