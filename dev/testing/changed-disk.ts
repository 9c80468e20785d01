import { randomBytes } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { BackupDetails } from '../../api/contract/backups.js'
import { backupWhen, startBackup, type Product } from './product.js'

const MiB = 2 ** 20
export const grain = 65_536

/** A disk of the practice data centre, its repository and its VM's context. */
export interface ChangedDisk {
  readonly product: Product
  readonly vm: string
  readonly key: number
  readonly context: string
  readonly repository: { readonly id: number; readonly path: string }
}

/** Random bytes in every fourth 16 MiB until there are so many. */
export const fill = async ({ product, vm, key }: ChangedDisk, bytes: number): Promise<void> => {
  for (let done = 0; done < bytes; done += MiB) {
    const offset = Math.floor(done / (16 * MiB)) * 64 * MiB + (done % (16 * MiB))
    await product.lab.write(vm, key, offset, randomBytes(MiB))
  }
}

/** Rewrites so many grains of the disk, evenly spread over `sizeBytes`, each whole. Returns the bytes. */
export const change = async (
  { product, vm, key }: ChangedDisk,
  sizeBytes: number,
  grains: number,
): Promise<number> => {
  const step = Math.floor(sizeBytes / grain / grains) * grain
  for (let n = 0; n < grains; n++) await product.lab.write(vm, key, n * step, randomBytes(grain))
  return grains * grain
}

export interface MeasuredRun {
  readonly backup: BackupDetails
  /** From the request to the end of the job. */
  readonly seconds: number
  /** What the disk's image and digests take in the repository. */
  readonly bytesOnDisk: number
  /** What the vCenter served for the disk. */
  readonly bytesServed: number
}

/** One backup to its end. Throws where it does not complete. */
export const measuredRun = async (
  disk: ChangedDisk,
  backup_type: 'full' | 'incremental',
): Promise<MeasuredRun> => {
  const { product, context, repository } = disk
  const before = await served(disk)
  const start = performance.now()
  const id = await startBackup(product, {
    vm_context_id: context,
    repository_id: repository.id,
    backup_type,
  })
  const backup = await backupWhen(product, id)
  const seconds = (performance.now() - start) / 1000
  if (backup.status !== 'completed') throw new Error(`${id} ${backup.status}: ${backup.error_message}`)
  const bytesServed = (await served(disk)) - before
  return { backup, seconds, bytesServed, bytesOnDisk: await onDisk(disk, backup) }
}

const served = async ({ product, vm, key }: ChangedDisk): Promise<number> => {
  const { vms, nbd } = product.lab
  const moref = (await vms()).find(({ name }) => name === vm)?.vm
  return (await nbd()).totals
    .filter((one) => one.key === key && (one.vm === vm || one.vm === moref))
    .reduce((sum, one) => sum + one.read_bytes, 0)
}

const onDisk = async ({ repository, key }: ChangedDisk, backup: BackupDetails): Promise<number> => {
  const row = backup.disks.find(({ device_key }) => device_key === key)
  const files = (await readdir(repository.path, { recursive: true })).filter(
    (name) => row !== undefined && name.includes(row.disk_id) && name.includes(`${backup.id}.`),
  )
  const stats = await Promise.all(files.map((name) => stat(join(repository.path, name))))
  return stats.reduce((sum, { blocks }) => sum + blocks * 512, 0)
}
