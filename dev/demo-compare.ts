import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { BackupDetails } from '../api/contract/backups.js'
import type { ApiClient } from './demo-client.js'
import type { RunContext } from './run-context.js'

const mib = 1024 * 1024
const run = promisify(execFile)

/** One disk of one point, read back. */
export interface Row {
  readonly point: string
  readonly label: string
  readonly size: number
  readonly read: number
  readonly stored: number
  readonly seconds: number
  readonly result: string
}

export type Oracle = readonly { readonly key: number; readonly path: string }[]

/** Reads every disk of a point back through the product and compares it with the lab's copy of that very moment. */
export async function compareDisks(
  api: ApiClient,
  point: string,
  backup: BackupDetails,
  oracle: Oracle,
  stateDir: string,
  say: RunContext['say'],
): Promise<Row[]> {
  const dir = await mkdtemp(join(stateDir, 'demo-readback-'))
  try {
    const rows: Row[] = []
    for (const disk of backup.disks) {
      say(`• reading ${disk.label} of the ${point} point back through the product and comparing it`)
      const file = join(dir, `${disk.device_key}.raw`)
      await api.download(`/backups/${backup.id}/disks/${disk.disk_id}/content`, file)
      const original = oracle.find((copy) => copy.key === disk.device_key)
      const result = original === undefined ? 'no oracle copy' : await compare(file, original.path)
      rows.push({
        point,
        label: disk.label,
        size: disk.capacity_bytes,
        read: disk.bytes_read,
        stored: disk.bytes_stored,
        seconds: (disk.duration_ms ?? 0) / 1000,
        result,
      })
      await rm(file, { force: true })
    }
    return rows
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/** `qemu-img compare`: 0 identical, 1 different, else trouble. */
async function compare(a: string, b: string): Promise<string> {
  try {
    await run('qemu-img', ['compare', '-f', 'raw', '-F', 'raw', a, b])
    return 'identical'
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: number; stdout?: string; stderr?: string }
    return code === 1 ? `DIFFERENT: ${stdout.trim()}` : `not compared: ${stderr.trim()}`
  }
}

/** Lines of a table, one a disk of a point. */
export function table(rows: readonly Row[]): string[] {
  const cells = rows.map((row) => [
    row.point,
    row.label,
    `${(row.size / mib).toFixed(0)} MiB`,
    `${(row.read / mib).toFixed(1)} MiB`,
    `${(row.stored / mib).toFixed(1)} MiB`,
    row.seconds.toFixed(1),
    `${(row.read / mib / Math.max(row.seconds, 0.001)).toFixed(1)}`,
    row.result,
  ])
  const all = [['point', 'disk', 'size', 'read', 'stored', 'seconds', 'MiB/s', 'result'], ...cells]
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? []
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
