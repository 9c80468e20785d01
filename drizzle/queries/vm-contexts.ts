import { and, count, desc, eq, inArray, or } from 'drizzle-orm'
import { alias } from 'drizzle-orm/mysql-core'
import type { BackupStatus } from '../../domain/backup.js'
import type { VmContext, VmDisk } from '../../domain/vm-context.js'
import { isReferredTo } from '../errors.js'
import { inTransaction, matched } from '../open.js'
import type { Db } from '../open.js'
import { backupJobs } from '../schema/backup-jobs.js'
import { vmDisks } from '../schema/vm-disks.js'
import { vmReplicationContexts } from '../schema/vm-replication-contexts.js'
import { pageOf } from './paging.js'
import type { Page, Paged } from './paging.js'
import { holdsText } from './searched.js'

export interface VmContextFilter {
  readonly vm_name?: string | undefined
  readonly platform_id?: string | undefined
  /** Part of the name or path, whatever its case. */
  readonly search?: string | undefined
}

export interface BackupSummary {
  readonly last_backup_id: string | null
  readonly last_backup_status: BackupStatus | null
  readonly last_backup_at: string | null
  /** Points that are completed. */
  readonly backup_count: number
}

export const contextById = async (db: Db, id: string): Promise<VmContext | undefined> => {
  const [row] = await db.select().from(vmReplicationContexts).where(eq(vmReplicationContexts.id, id))
  return row
}

/** All VMs of exactly this name; names may repeat, so there may be several. */
export const contextsByName = async (db: Db, name: string): Promise<VmContext[]> => {
  const rows = await db
    .select()
    .from(vmReplicationContexts)
    .where(eq(vmReplicationContexts.vm_name, name))
    .orderBy(vmReplicationContexts.created_at, vmReplicationContexts.id)
  // The server pads with blanks before it compares: 'a' would find 'a '.
  return rows.filter((row) => row.vm_name === name)
}

export const contextByInstance = async (
  db: Db,
  platformId: string,
  instanceUuid: string,
): Promise<VmContext | undefined> => {
  const [row] = await db
    .select()
    .from(vmReplicationContexts)
    .where(
      and(
        eq(vmReplicationContexts.platform_id, platformId),
        eq(vmReplicationContexts.instance_uuid, instanceUuid),
      ),
    )
  return row
}

/** The instance UUIDs of all VMs that are known of a platform. */
export const instancesOf = async (db: Db, platformId: string): Promise<Set<string>> => {
  const rows = await db
    .select({ uuid: vmReplicationContexts.instance_uuid })
    .from(vmReplicationContexts)
    .where(eq(vmReplicationContexts.platform_id, platformId))
  return new Set(rows.map(({ uuid }) => uuid))
}

/** Known disks of a VM in their order, those no longer reported (`present: false`) too. */
export const disksOf = (db: Db, contextId: string): Promise<VmDisk[]> =>
  db.select().from(vmDisks).where(eq(vmDisks.vm_context_id, contextId)).orderBy(vmDisks.disk_index)

const searched = (text: string) =>
  or(holdsText(vmReplicationContexts.vm_name, text), holdsText(vmReplicationContexts.vm_path, text))

/** Newest first, each with what its list line shows of its backups. */
export const listContexts = async (
  db: Db,
  filter: VmContextFilter,
  page: Page,
): Promise<Paged<VmContext & BackupSummary>> => {
  const table = vmReplicationContexts
  const found = await pageOf<VmContext>(db, {
    table,
    key: { createdAt: table.created_at, id: table.id },
    where: and(
      filter.vm_name === undefined ? undefined : eq(table.vm_name, filter.vm_name),
      filter.platform_id === undefined ? undefined : eq(table.platform_id, filter.platform_id),
      filter.search === undefined ? undefined : searched(filter.search),
    ),
    page,
    positionOf: (row) => [row.created_at, row.id],
    select: (where, orderBy, limit) =>
      db
        .select()
        .from(table)
        .where(where)
        .orderBy(...orderBy)
        .limit(limit),
  })
  const summaries = await backupSummaries(
    db,
    found.rows.map((row) => row.id),
  )
  return { ...found, rows: found.rows.map((row) => ({ ...row, ...(summaries.get(row.id) ?? noBackups) })) }
}

const noBackups: BackupSummary = {
  last_backup_id: null,
  last_backup_status: null,
  last_backup_at: null,
  backup_count: 0,
}

/** The newest backup of each VM, whatever became of it, and how many points it has; VMs without any are absent. */
export const backupSummaries = async (db: Db, contextIds: string[]): Promise<Map<string, BackupSummary>> => {
  if (contextIds.length === 0) return new Map()
  // One index look-up a VM, however many backups it has.
  const newer = alias(backupJobs, 'newer')
  const newest = db
    .select({ id: newer.id })
    .from(newer)
    .where(eq(newer.vm_context_id, vmReplicationContexts.id))
    .orderBy(desc(newer.created_at), desc(newer.id))
    .limit(1)
  const last = await db
    .select({
      context: backupJobs.vm_context_id,
      id: backupJobs.id,
      status: backupJobs.status,
      at: backupJobs.created_at,
    })
    .from(vmReplicationContexts)
    .innerJoin(backupJobs, eq(backupJobs.id, newest))
    .where(inArray(vmReplicationContexts.id, contextIds))
  const counts = await db
    .select({ context: backupJobs.vm_context_id, points: count() })
    .from(backupJobs)
    .where(and(inArray(backupJobs.vm_context_id, contextIds), eq(backupJobs.status, 'completed')))
    .groupBy(backupJobs.vm_context_id)
  const pointsOf = new Map(counts.map((row) => [row.context, row.points]))
  const summary = (row: (typeof last)[number]): BackupSummary => ({
    last_backup_id: row.id,
    last_backup_status: row.status,
    last_backup_at: row.at,
    backup_count: pointsOf.get(row.context) ?? 0,
  })
  return new Map(last.map((row) => [row.context, summary(row)]))
}

/** Forgets a VM and its disks; `in-use` while it has backups. */
export const deleteContext = (db: Db, id: string): Promise<'deleted' | 'not-found' | 'in-use'> =>
  inTransaction(db, async (tx) => {
    await tx.delete(vmDisks).where(eq(vmDisks.vm_context_id, id))
    const gone = matched(await tx.delete(vmReplicationContexts).where(eq(vmReplicationContexts.id, id))) === 1
    return gone ? ('deleted' as const) : ('not-found' as const)
  }).catch((error: unknown) => {
    if (isReferredTo(error)) return 'in-use' as const
    throw error
  })
