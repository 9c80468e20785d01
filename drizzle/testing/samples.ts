import { randomBytes } from 'node:crypto'
import type { BackupDisk } from '../../domain/backup.js'
import type { Manifest } from '../../domain/manifest.js'
import type { Platform } from '../../domain/platform.js'
import { snapshotToken } from '../../domain/rules/names.js'
import type { VmContext, VmDisk } from '../../domain/vm-context.js'
import type { DiscoveredDisk, DiscoveredVm } from '../../domain/vm.js'
import type { Db } from '../open.js'
import { insertPendingBackup } from '../queries/backup-changes.js'
import { insertDisks } from '../queries/backup-disks.js'
import { insertCredential } from '../queries/credentials.js'
import { insertPlatform } from '../queries/platforms.js'
import { insertRepository } from '../queries/repositories.js'
import { installationId } from '../queries/settings.js'
import { upsertContext } from '../queries/vm-context-upsert.js'

export const GiB = 1024 ** 3
const unique = (): string => randomBytes(5).toString('hex')

export const aDisk = (key: number, change: Partial<DiscoveredDisk> = {}): DiscoveredDisk => ({
  id: `disk-${key}`,
  path: `[store1] vm/disk-${key}.vmdk`,
  size_gb: 4,
  capacity_bytes: 4 * GiB,
  datastore: 'store1',
  label: `Hard disk ${key - 1999}`,
  provisioning_type: 'thin',
  key,
  backing_uuid: `uuid-${key}`,
  disk_mode: 'persistent',
  left_out: null,
  ...change,
})

export const aVm = (change: Partial<DiscoveredVm> = {}): DiscoveredVm => ({
  id: `instance-${unique()}`,
  name: 'pgtest2',
  path: '/DatabanxDC/vm/pgtest2',
  datacenter: 'DatabanxDC',
  num_cpu: 2,
  cpus: 2,
  memory_mb: 4096,
  power_state: 'poweredOn',
  guest_os: 'debian12_64Guest',
  vmx_version: 'vmx-19',
  disks: [aDisk(2000), aDisk(2001)],
  networks: [],
  reference: 'vm-42',
  firmware: 'bios',
  change_tracking: { supported: true, enabled: true },
  has_snapshots: false,
  consolidation_needed: false,
  host: 'esx-01',
  ...change,
})

export const registerPlatform = async (db: Db, change: Partial<Platform> = {}): Promise<Platform> => {
  const credentialId = `credential-${unique()}`
  await insertCredential(db, { id: credentialId, sealed: 'v1.k.n.c', description: 'lab' })
  const now = new Date().toISOString()
  const platform: Platform = {
    id: `platform-${unique()}`,
    name: `vcenter ${unique()}`,
    kind: 'vmware',
    host: 'vc.example',
    username: 'operator@vsphere.local',
    credential_id: credentialId,
    datacenter: 'DatabanxDC',
    tls: { mode: 'verify' },
    transport: 'vddk',
    created_at: now,
    updated_at: now,
    ...change,
  }
  await insertPlatform(db, platform)
  return platform
}

export const makeRepository = (db: Db): Promise<number> =>
  insertRepository(db, {
    name: `repository ${unique()}`,
    repository_type: 'local',
    path: `/backups/${unique()}`,
    marker: unique(),
    enabled: true,
  })

export interface RegisteredVm {
  readonly platform: Platform
  readonly context: VmContext
  readonly disks: VmDisk[]
  readonly repositoryId: number
}

/** A platform, a VM with two disks and a repository. */
export const registerVm = async (db: Db, vm: DiscoveredVm = aVm()): Promise<RegisteredVm> => {
  const platform = await registerPlatform(db)
  const { context, disks } = await upsertContext(db, platform, vm, new Date().toISOString())
  return { platform, context, disks, repositoryId: await makeRepository(db) }
}

/** A pending backup of a registered VM; returns its id. */
export const startBackup = async (
  db: Db,
  of: RegisteredVm,
  change: { id?: string; created_at?: string; reserved_bytes?: number } = {},
): Promise<string> => {
  const id = change.id ?? `backup-pgtest2-${unique()}`
  await insertPendingBackup(db, {
    id,
    vm_context_id: of.context.id,
    vm_name: of.context.vm_name,
    repository_id: of.repositoryId,
    platform_id: of.platform.id,
    requested_type: 'auto',
    quiesce: 'prefer',
    exclude_disks: [],
    workflow_id: `backup:${of.context.id}`,
    snapshot_token: snapshotToken(await installationId(db), id),
    created_by: 'operator',
    created_at: new Date().toISOString(),
    ...change,
  })
  return id
}

export const plannedDisk = (
  backupId: string,
  disk: VmDisk,
  change: Partial<BackupDisk> = {},
): BackupDisk => ({
  backup_id: backupId,
  disk_id: disk.id,
  disk_index: disk.disk_index,
  label: disk.label,
  device_key: disk.device_key,
  backing_uuid: disk.backing_uuid,
  source_path: disk.path,
  capacity_bytes: disk.capacity_bytes,
  read_mode: 'full',
  read_reason: 'first backup',
  stored_as: 'root',
  stored_reason: 'first backup',
  parent_backup_id: null,
  change_id: null,
  attempt_no: 0,
  status: 'pending',
  file_name: `disks/${disk.id}/${backupId}.qcow2`,
  bytes_total: disk.capacity_bytes,
  bytes_read: 0,
  bytes_stored: 0,
  bytes_skipped: 0,
  duration_ms: null,
  audit_result: null,
  audit_detail: null,
  ...change,
})

/** Plans all disks of a VM for a backup. */
export const planDisks = (
  db: Db,
  backupId: string,
  disks: readonly VmDisk[],
  change: Partial<BackupDisk> = {},
) =>
  insertDisks(
    db,
    disks.map((disk) => plannedDisk(backupId, disk, change)),
  )

export const aManifest = (vm: DiscoveredVm, change: Partial<Manifest> = {}): Manifest => {
  const backupId = `backup-pgtest2-${unique()}`
  return {
    format: 'sendense-point',
    version: 1,
    backup_id: backupId,
    installation_id: 'i',
    repository_marker: 'm',
    vm_context_id: `ctx-pgtest2-${unique()}`,
    platform: {
      id: `platform-${unique()}`,
      kind: 'vmware',
      name: `lost vcenter ${unique()}`,
      host: `${unique()}.example`,
    },
    vm,
    backup_type: 'full',
    type_reason: 'first backup',
    requested_type: 'auto',
    quiesce: 'prefer',
    consistency: 'crash',
    transport: 'vddk',
    snapshot_taken_at: '2026-03-01T10:00:01.000Z',
    created_at: '2026-03-01T10:00:00.000Z',
    created_by: 'operator',
    started_at: '2026-03-01T10:00:00.500Z',
    run_id: 'run-1',
    exclude_disks: [],
    left_out: [],
    warnings: ['quiescing failed'],
    audit: {
      scope: 'sample',
      audited_at: '2026-03-01T10:00:09.000Z',
      result: 'agrees',
      detail: 'Hard disk 1: 64 of 2048 MiB were read',
    },
    disks: vm.disks.map((disk, index) => ({
      disk_id: `disk-pgtest2-${disk.key}-${vm.id.slice(-6)}`,
      disk_index: index,
      backing_uuid: disk.backing_uuid,
      device_key: disk.key,
      label: disk.label,
      capacity_bytes: disk.capacity_bytes,
      file: `disks/${disk.id}/${backupId}.qcow2`,
      digests: `disks/${disk.id}/${backupId}.digests`,
      digest_seal: 'seal',
      change_id: '52 ab/7',
      read_mode: 'full',
      read_reason: 'first backup',
      stored_as: 'root',
      stored_reason: 'first backup',
      parent_backup_id: null,
      attempt_no: 1,
      bytes_total: 2 * GiB,
      bytes_read: GiB,
      bytes_stored: GiB / 2,
      bytes_skipped: GiB,
      duration_ms: 1200,
      audit_result: 'agrees',
      audit_detail: '64 of 2048 MiB were read',
    })),
    tools: {},
    ...change,
  }
}
