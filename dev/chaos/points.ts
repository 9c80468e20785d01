import { execFile } from 'node:child_process'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { BackupDetails } from '../../api/contract/backups.js'
import type { LabOracle } from '../../lab/control.js'
import { backupWhen, type Product } from '../testing/product.js'
import { until } from '../testing/run-npm.js'

const run = promisify(execFile)

/**
 * Compares every disk of a point with the lab's copy of that very snapshot, byte by byte, as `qemu-img compare` reads
 * the image and its chain: without the product. Throws at the first difference.
 */
export const compareImages = async (backup: BackupDetails, oracle: readonly LabOracle[]): Promise<void> => {
  // The manifest lies in `<vm>/points`, and names the images from `<vm>`.
  const vmDir = dirname(dirname(backup.file_path))
  for (const disk of backup.disks) {
    const copy = oracle.find(
      ({ key, snapshot_name }) => key === disk.device_key && snapshot_name.endsWith(`:${backup.id}`),
    )
    if (copy === undefined) throw new Error(`the lab has no copy of disk ${disk.device_key} for ${backup.id}`)
    if (copy.size_bytes !== disk.capacity_bytes)
      throw new Error(`disk ${disk.device_key} of ${backup.id} has not the size that the VM's had`)
    const image = join(vmDir, disk.file_name)
    const words = ['compare', '-f', 'qcow2', '-F', 'raw', image, copy.path]
    await run('qemu-img', words).catch((error: { stdout?: string; stderr?: string }) => {
      throw new Error(
        `disk ${disk.device_key} of ${backup.id} is not what the VM held: ${error.stdout ?? ''}${error.stderr ?? ''}`,
      )
    })
  }
}

/** By the point's own digests, as an operator has it verified. */
export const verifyPoint = async (product: Product, id: string): Promise<void> => {
  await product.call('POST', `/backups/${id}/verify`)
  const { verify_result, verify_detail } = await backupWhen(
    product,
    id,
    (backup) => backup.verified_at !== null,
  )
  if (verify_result !== 'good') throw new Error(`point ${id} is ${verify_result}: ${verify_detail}`)
}

/** A leaf; its parent is a leaf afterwards. */
export const deletePoint = async (product: Product, id: string): Promise<void> => {
  const { status, body } = await product.ask('DELETE', `/backups/${id}`)
  if (status !== 204 && status !== 202)
    throw new Error(`the point ${id} was not deleted: ${status} ${JSON.stringify(body)}`)
  // 202: on a busy machine it goes on behind the answer.
  await until(
    async () => (await product.ask('GET', `/backups/${id}`)).status === 404,
    () => `the point ${id} is still there`,
  )
}
