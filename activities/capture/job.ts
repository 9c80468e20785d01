import { Failure } from '../../domain/failure.js'
import type { Backup, BackupDisk } from '../../domain/backup.js'
import type { DiscoveredVm } from '../../domain/vm.js'
import type { VmContext } from '../../domain/vm-context.js'
import type { Db } from '../../drizzle/open.js'
import { disksOfBackup } from '../../drizzle/queries/backup-disks.js'
import { backupById } from '../../drizzle/queries/backups.js'
import { discoveryResult } from '../../drizzle/queries/discovered-vms.js'
import { platformById } from '../../drizzle/queries/platforms.js'
import { contextById } from '../../drizzle/queries/vm-contexts.js'
import type { PlatformConnections } from '../connections.js'
import type { PlatformConnection, Source } from '../platforms/platform.js'

export interface Job {
  readonly backup: Backup
  readonly context: VmContext
  readonly connection: PlatformConnection
  readonly source: Source
}

/** A backup's row with what its steps need; throws `not-found` or `not-available` where a part is missing. */
export async function openJob(db: Db, connections: PlatformConnections, backupId: string): Promise<Job> {
  const backup = await existing('backup', backupId, backupById(db, backupId))
  const context = await existing('VM context', backup.vm_context_id, contextById(db, backup.vm_context_id))
  const platform = await existing('platform', context.platform_id, platformById(db, context.platform_id))
  const connection = await connections.to(platform)
  if (connection.source === undefined)
    throw new Failure('not-available', `Platform ${platform.name} (${platform.kind}) cannot be a source`, {
      retry: false,
    })
  return { backup, context, connection, source: connection.source }
}

/** The VM as this run discovered it. */
export async function discoveredForJob(db: Db, backupId: string): Promise<DiscoveredVm> {
  const [vm] = await discoveryResult(db, backupId)
  if (vm === undefined)
    throw new Failure('not-found', `The discovery of backup ${backupId} is gone`, {
      retry: false,
      remedy: 'Start the backup again.',
    })
  return vm
}

/** The disks that this job copies, in the VM's order. */
export const disksForJob = (db: Db, backupId: string): Promise<readonly BackupDisk[]> =>
  disksOfBackup(db, backupId)

async function existing<T>(what: string, id: string, found: Promise<T | undefined>): Promise<T> {
  const row = await found
  if (row === undefined) throw new Failure('not-found', `There is no ${what} ${id}`, { retry: false })
  return row
}
