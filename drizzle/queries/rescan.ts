import { and, eq, inArray } from 'drizzle-orm'
import type { Manifest } from '../../domain/manifest.js'
import { PlatformKind, Transport } from '../../domain/platform.js'
import type { Platform } from '../../domain/platform.js'
import type { VmDisk } from '../../domain/vm-context.js'
import { Failure } from '../../domain/failure.js'
import { inTransaction } from '../open.js'
import type { Db } from '../open.js'
import { backupJobDisks } from '../schema/backup-job-disks.js'
import { backupJobs } from '../schema/backup-jobs.js'
import { platforms } from '../schema/platforms.js'
import { vmDisks } from '../schema/vm-disks.js'
import { backupById } from './backups.js'
import { insertCredential } from './credentials.js'
import { insertPlatform, platformById } from './platforms.js'
import { restoredBackup, restoredDisk } from './restored-rows.js'
import { upsertContext } from './vm-context-upsert.js'
import { contextByInstance, disksOf } from './vm-contexts.js'

export interface FoundPoint {
  readonly manifest: Manifest
  /** Where the manifest stands: the row's `manifest_path`. */
  readonly manifestPath: string
  readonly repositoryId: number
}

export type RestoredPoint =
  | { readonly kind: 'restored' | 'known' }
  /** Bring this parent first; when no manifest of it exists, the point is damaged. */
  | { readonly kind: 'parent-missing'; readonly parentBackupId: string }

/**
 * Writes a point that a manifest tells of back into the catalogue, with its platform, VM and disks where they are not
 * known. Safe to run twice: a known point is left as it is. A platform made here has no password: its credential does
 * not open until somebody enters one.
 */
export const restoreBackupFromManifest = (db: Db, found: FoundPoint): Promise<RestoredPoint> =>
  inTransaction(db, async (tx) => {
    const { manifest } = found
    const known = await backupById(tx, manifest.backup_id)
    if (known?.status === 'completed') return { kind: 'known' }
    if (known !== undefined) throw notAPoint(manifest.backup_id, known.status)
    const missing = await missingParent(tx, manifest)
    if (missing !== undefined) return { kind: 'parent-missing', parentBackupId: missing }
    const platform = await platformOf(tx, manifest)
    const { contextId, disks } = await contextOf(tx, platform, manifest)
    await tx.insert(backupJobs).values(restoredBackup(found, platform.id, contextId, disks))
    const byUuid = new Map(disks.map((disk) => [disk.backing_uuid, disk]))
    await tx
      .insert(backupJobDisks)
      .values(manifest.disks.map((disk) => restoredDisk(manifest, disk, byUuid.get(disk.backing_uuid))))
    return { kind: 'restored' }
  })

const notAPoint = (backup: string, status: string): Failure =>
  new Failure('conflict', `A manifest of backup ${backup} stands, but its row is ${status}`, {
    retry: false,
    facts: { backup, status },
    remedy: 'The sweep finishes or removes such a backup; rescan again after it.',
  })

const missingParent = async (tx: Db, manifest: Manifest): Promise<string | undefined> => {
  const parents = [...new Set(manifest.disks.flatMap((disk) => disk.parent_backup_id ?? []))]
  if (parents.length === 0) return undefined
  const rows = await tx.select({ id: backupJobs.id }).from(backupJobs).where(inArray(backupJobs.id, parents))
  return parents.find((parent) => !rows.some((row) => row.id === parent))
}

/** The platform by id, else one of the same kind and host (registered anew), else a new one without a password. */
const platformOf = async (tx: Db, manifest: Manifest): Promise<Platform> => {
  const { id, kind: kindText, host, name } = manifest.platform
  const known = await platformById(tx, id)
  if (known !== undefined) return known
  const kind = PlatformKind.safeParse(kindText)
  if (!kind.success) throw unknownKind(manifest.backup_id, kindText)
  const [same] = await tx
    .select()
    .from(platforms)
    .where(and(eq(platforms.kind, kind.data), eq(platforms.host, host)))
    .orderBy(platforms.created_at, platforms.id)
    .limit(1)
  if (same !== undefined) return same
  const credentialId = `credential-${id}`.slice(0, 64)
  await insertCredential(tx, {
    id: credentialId,
    sealed: '',
    description: `${name}: enter the password again`,
  })
  const taken = await tx.select({ id: platforms.id }).from(platforms).where(eq(platforms.name, name))
  const now = new Date().toISOString()
  const platform: Platform = {
    id,
    name: taken.length === 0 ? name : `${name} (${id})`.slice(0, 255),
    kind: kind.data,
    host,
    username: '',
    credential_id: credentialId,
    datacenter: null,
    tls: { mode: 'verify' },
    transport: Transport.safeParse(manifest.transport).data ?? 'vddk',
    created_at: now,
    updated_at: now,
  }
  await insertPlatform(tx, platform)
  return platform
}

const unknownKind = (backup: string, kind: string): Failure =>
  new Failure(
    'point-damaged',
    `The manifest of backup ${backup} names a platform kind ${kind} that does not exist`,
    {
      retry: false,
      facts: { backup, kind },
    },
  )

/** The VM as the manifest describes it; what a later discovery (or manifest) said is not overwritten. */
const contextOf = async (
  tx: Db,
  platform: Platform,
  manifest: Manifest,
): Promise<{ contextId: string; disks: VmDisk[] }> => {
  const at = manifest.snapshot_taken_at
  const context = await contextByInstance(tx, platform.id, manifest.vm.id)
  const isNewer = context?.last_discovered_at == null || context.last_discovered_at < at
  if (context === undefined || isNewer) {
    const diskIds = new Map(
      [...manifest.disks, ...manifest.left_out].map((disk) => [
        disk.backing_uuid,
        { id: disk.disk_id, index: disk.disk_index },
      ]),
    )
    const known = { contextId: manifest.vm_context_id, diskIds }
    const written = await upsertContext(tx, platform, manifest.vm, at, known)
    return { contextId: written.context.id, disks: await withAbsentDisks(tx, written.context.id, manifest) }
  }
  return { contextId: context.id, disks: await withAbsentDisks(tx, context.id, manifest) }
}

/** The VM's disks; one that only this older point still holds is added as no longer present. */
const withAbsentDisks = async (tx: Db, contextId: string, manifest: Manifest): Promise<VmDisk[]> => {
  const disks = await disksOf(tx, contextId)
  for (const disk of manifest.disks) {
    if (disks.some((known) => known.backing_uuid === disk.backing_uuid)) continue
    const reported = manifest.vm.disks.find((one) => one.backing_uuid === disk.backing_uuid)
    const isTaken = disks.some((known) => known.disk_index === disk.disk_index)
    const absent: VmDisk = {
      id: disk.disk_id,
      vm_context_id: contextId,
      disk_index: isTaken ? Math.max(...disks.map((known) => known.disk_index)) + 1 : disk.disk_index,
      backing_uuid: disk.backing_uuid,
      device_key: disk.device_key,
      label: disk.label,
      path: reported?.path ?? '',
      datastore: reported?.datastore ?? '',
      capacity_bytes: disk.capacity_bytes,
      provisioning_type: reported?.provisioning_type ?? 'thin',
      left_out: null,
      present: false,
    }
    await tx.insert(vmDisks).values(absent)
    disks.push(absent)
  }
  return disks
}
