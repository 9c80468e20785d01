import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BackupDetails } from '../api/contract/backups.js'
import { openLabControl } from '../lab/control.js'
import { apiClient } from './demo-client.js'
import { compareDisks, table, type Row } from './demo-compare.js'
import { backUp, protect, repository, verify } from './demo-steps.js'
import type { RunContext } from './run-context.js'

const vmName = 'pgtest2'
const mib = 1024 * 1024
const names = ['full', 'second', 'third'] as const
/** How long the guest writes between two backups. */
const betweenMs = 3000

/**
 * The product's main job on the practice lab: discover a running VM, back it up in full and twice by what changed
 * while it is written to, verify each point, read all three back through the product and compare them with what the
 * VM's disks held at their snapshots. Returns the exit status: 0 only when every disk of every point is identical.
 */
export async function runDemo({ endpoints, lab, layout, say, signal }: RunContext): Promise<number> {
  if (lab === null) throw new Error('The demo needs the practice lab')
  const api = await apiClient(endpoints.api, endpoints.admin_token_file)
  const control = openLabControl({ controlUrl: lab.control_url, token: lab.control_token })
  const vmContextId = await protect(api, lab, vmName, say)
  const repositoryId = await repository(api, join(layout.stateDir, 'repositories', 'demo'), say)
  say(`• ${vmName} runs and its disks are being written to (8 MiB/s)`)
  await control.startChurn({ vm: vmName, bytes_per_second: 8 * mib, seed: 7 })
  const points: BackupDetails[] = []
  try {
    for (const name of names) {
      if (points.length > 0) await sleep(betweenMs, undefined, { signal })
      const request = { vm_context_id: vmContextId, repository_id: repositoryId }
      const asked = { ...request, backup_type: name === 'full' ? 'full' : 'incremental' }
      const backup = await backUp(api, asked, say, signal)
      if (backup.status !== 'completed') return 1
      if (!(await verify(api, backup, say, signal))) return 1
      points.push(backup)
    }
  } finally {
    await control.stopChurn(vmName).catch(() => undefined)
  }
  const rows: Row[] = []
  const oracle = await control.oracle()
  for (const [index, backup] of points.entries()) {
    const own = oracle.filter((copy) => copy.snapshot_name.endsWith(`:${backup.id}`))
    rows.push(...(await compareDisks(api, names[index] ?? '', backup, own, layout.stateDir, say)))
  }
  for (const line of table(rows)) say(line)
  return rows.length > 0 && rows.every((row) => row.result === 'identical') ? 0 : 1
}
