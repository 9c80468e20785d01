import { open, readFile } from 'node:fs/promises'
import type { BackupDetails } from '../../api/contract/backups.js'
import type { LabOracle } from '../../lab/control.js'
import type { Product } from '../testing/product.js'

/** The first byte of a point that is not what the VM's disk held at the snapshot. */
export interface Mismatch {
  readonly backup: string
  readonly disk: string
  readonly what: string
}

/**
 * Reads every disk of a point back through the API and compares it byte by byte with the copies that the lab took at
 * that very snapshot. Undefined = identical.
 */
export const mismatchOf = async (
  product: Product,
  backup: BackupDetails,
  oracle: readonly LabOracle[],
): Promise<Mismatch | undefined> => {
  const copies = oracle.filter(({ snapshot_name }) => snapshot_name.endsWith(`:${backup.id}`))
  const keys = (list: readonly number[]): string => [...list].sort((a, b) => a - b).join(', ')
  const held = keys(backup.disks.map(({ device_key }) => device_key))
  const wanted = keys(copies.map(({ key }) => key))
  if (held !== wanted || wanted === '')
    return { backup: backup.id, disk: 'all', what: `it holds the disks ${held}, the VM had ${wanted}` }
  for (const disk of backup.disks) {
    const copy = copies.find(({ key }) => key === disk.device_key)
    const path = `/backups/${backup.id}/disks/${disk.disk_id}/content`
    const what = copy === undefined ? 'no copy' : await differs(await contentOf(product, path), copy)
    if (what !== undefined)
      return {
        backup: backup.id,
        disk: `${disk.device_key} (${disk.read_mode}: ${disk.read_reason}; ${disk.stored_as}: ${disk.stored_reason})`,
        what,
      }
  }
  return undefined
}

const contentOf = async (product: Product, path: string): Promise<AsyncIterable<Uint8Array>> => {
  const { api, admin_token_file } = await product.endpoints()
  const token = (await readFile(admin_token_file, 'utf8')).trim()
  const answer = await fetch(`${api}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } })
  if (!answer.ok || answer.body === null)
    throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`)
  return answer.body
}

const differs = async (
  content: AsyncIterable<Uint8Array>,
  { path, size_bytes }: LabOracle,
): Promise<string | undefined> => {
  const file = await open(path, 'r')
  try {
    let at = 0
    for await (const chunk of content) {
      const expected = Buffer.alloc(chunk.length)
      const { bytesRead } = await file.read(expected, 0, chunk.length, at)
      const off = firstDifference(chunk, expected.subarray(0, bytesRead))
      if (off !== undefined)
        return `first difference at offset ${at + off}: ${chunk[off]} instead of ${expected[off]}`
      at += chunk.length
    }
    return at === size_bytes ? undefined : `it has ${at} bytes instead of ${size_bytes}`
  } finally {
    await file.close()
  }
}

const firstDifference = (found: Uint8Array, expected: Buffer): number | undefined => {
  if (expected.equals(found)) return undefined
  const off = found.findIndex((byte, index) => byte !== expected[index])
  return off === -1 ? found.length : off
}
