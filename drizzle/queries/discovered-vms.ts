import { and, eq, inArray, lt, notInArray } from 'drizzle-orm'
import type { DiscoveredVm } from '../../domain/vm.js'
import { inTransaction, matched } from '../open.js'
import type { Db } from '../open.js'
import { backupJobs } from '../schema/backup-jobs.js'
import { discoveredVms } from '../schema/discovered-vms.js'
import { openBackupStatuses } from './backups.js'

// Some hundred VMs a statement: a VM is a few KiB of JSON, and servers take 16 MiB a packet.
const rowsPerStatement = 200

/** Writes what a discovery found. Safe to run twice: it replaces the request's rows. */
export const saveDiscovery = async (
  db: Db,
  requestId: string,
  platformId: string | null,
  vms: readonly DiscoveredVm[],
): Promise<void> => {
  const now = new Date().toISOString()
  const rows = vms.map((vm, position) => ({
    request_id: requestId,
    position,
    platform_id: platformId,
    vm,
    discovered_at: now,
  }))
  await inTransaction(db, async (tx) => {
    await tx.delete(discoveredVms).where(eq(discoveredVms.request_id, requestId))
    for (let at = 0; at < rows.length; at += rowsPerStatement) {
      await tx.insert(discoveredVms).values(rows.slice(at, at + rowsPerStatement))
    }
  })
}

/** The VMs of a discovery in the platform's order; empty when it found none or is not known. */
export const discoveryResult = async (db: Db, requestId: string): Promise<DiscoveredVm[]> => {
  const rows = await db
    .select({ vm: discoveredVms.vm })
    .from(discoveredVms)
    .where(eq(discoveredVms.request_id, requestId))
    .orderBy(discoveredVms.position)
  return rows.map((row) => row.vm)
}

/**
 * Removes discoveries made before `olderThan` (ISO time), save those of open backups, which commit what they saw;
 * returns how many rows went.
 */
export const pruneDiscoveries = async (db: Db, olderThan: string): Promise<number> => {
  const open = db
    .select({ id: backupJobs.id })
    .from(backupJobs)
    .where(inArray(backupJobs.status, openBackupStatuses))
  return matched(
    await db
      .delete(discoveredVms)
      .where(and(lt(discoveredVms.discovered_at, olderThan), notInArray(discoveredVms.request_id, open))),
  )
}
