import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { BackupDetails } from '../api/contract/backups.js'
import { openLabControl } from '../lab/control.js'
import { apiClient } from './demo-client.js'
import type { ApiClient } from './demo-client.js'
import type { RunContext } from './run-context.js'
import { readTextIfThere } from './write-file.js'

const vmName = 'pgtest2'
const mib = 1024 * 1024
const run = promisify(execFile)

/**
 * The product's main job on the practice lab: discover a running VM, back it up while it is written to, verify the
 * point, read it back through the product and compare it with what the VM's disks held at the snapshot. Returns the
 * exit status: 0 only when every disk is identical.
 */
export async function runDemo({ endpoints, lab, layout, say, signal }: RunContext): Promise<number> {
  if (lab === null) throw new Error('The demo needs the practice lab')
  const api = await apiClient(endpoints.api, endpoints.admin_token_file)
  const control = openLabControl({ controlUrl: lab.control_url, token: lab.control_token })
  const vmContextId = await protect(api, lab, say)
  const repositoryId = await repository(api, join(layout.stateDir, 'repositories', 'demo'), say)
  say(`• ${vmName} runs and its disks are being written to (8 MiB/s)`)
  await control.startChurn({ vm: vmName, bytes_per_second: 8 * mib, seed: 7 })
  try {
    const backup = await backUp(api, { vm_context_id: vmContextId, repository_id: repositoryId }, say, signal)
    if (backup.status !== 'completed') return 1
    if (!(await verify(api, backup, say, signal))) return 1
    const oracle = (await control.oracle()).filter((copy) => copy.snapshot_name.endsWith(`:${backup.id}`))
    const rows = await compareDisks(api, backup, oracle, layout.stateDir, say)
    for (const line of table(rows)) say(line)
    return rows.length > 0 && rows.every((row) => row.result === 'identical') ? 0 : 1
  } finally {
    await control.stopChurn(vmName).catch(() => undefined)
  }
}

async function protect(
  api: ApiClient,
  lab: NonNullable<RunContext['lab']>,
  say: RunContext['say'],
): Promise<string> {
  const known = await api.call<{ platforms: { id: string; host: string }[] }>('GET', '/platforms?limit=100')
  const platform =
    known.platforms.find((candidate) => candidate.host === lab.host) ??
    (await api.call<{ id: string }>('POST', '/platforms', {
      name: `Practice vCenter ${lab.host}`,
      kind: 'vmware',
      host: lab.host,
      username: lab.user,
      password: (await readTextIfThere(lab.passwordFile))?.trim(),
      datacenter: 'DatabanxDC',
      tls: { mode: 'thumbprint', thumbprint: lab.thumbprint_sha256 },
      transport: 'vddk',
    }))
  const { vms } = await api.call<{
    vms: { id: string; name: string; power_state: string; disks: unknown[] }[]
  }>('POST', '/discover', {
    platform_id: platform.id,
  })
  say(`• discovered ${vms.length} VMs: ${vms.map((vm) => vm.name).join(', ')}`)
  const vm = vms.find((candidate) => candidate.name === vmName)
  if (vm === undefined) throw new Error(`The lab has no VM ${vmName}`)
  const { vm_contexts: contexts } = await api.call<{ vm_contexts: { id: string }[] }>(
    'POST',
    '/vm-contexts',
    {
      platform_id: platform.id,
      vm_ids: [vm.id],
    },
  )
  say(`• ${vmName} (${vm.power_state}, ${vm.disks.length} disks) is protected`)
  return contexts[0]?.id ?? ''
}

async function repository(api: ApiClient, path: string, say: RunContext['say']): Promise<number> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  const known = await api.call<{ repositories: { id: number; path: string }[] }>(
    'GET',
    '/repositories?limit=100',
  )
  const found = known.repositories.find((candidate) => candidate.path === path)
  if (found) return found.id
  const made = await api.call<{ id: number }>('POST', '/repositories', {
    name: 'Demo',
    repository_type: 'local',
    path,
  })
  say(`• repository ${made.id} lies in ${path}`)
  return made.id
}

async function backUp(
  api: ApiClient,
  request: object,
  say: RunContext['say'],
  signal: AbortSignal,
): Promise<BackupDetails> {
  const { id } = await api.call<{ id: string }>('POST', '/backups', request)
  say(`• backup ${id} started`)
  for (let shown = -1; ; await sleep(500, undefined, { signal })) {
    const backup = await api.call<BackupDetails>('GET', `/backups/${id}`)
    const {
      bytes_total: total,
      bytes_read: read,
      bytes_skipped: skipped,
      bytes_per_second: speed,
    } = backup.progress
    const percent = total === 0 ? 0 : Math.floor((100 * (read + skipped)) / total)
    if (percent >= shown + 10) say(`  ${(shown = percent)} %  ${(speed / mib).toFixed(0)} MiB/s`)
    if (!['completed', 'failed', 'cancelled'].includes(backup.status)) continue
    say(
      `• backup ${backup.status}${backup.error_message ? `: ${backup.error_message}` : ''}; ${backup.type_reason ?? ''}`,
    )
    if (backup.temporal_url) say(`  its workflow: ${backup.temporal_url}`)
    return backup
  }
}

/** True where every block was found as it was read. */
async function verify(
  api: ApiClient,
  { id, verified_at: before }: BackupDetails,
  say: RunContext['say'],
  signal: AbortSignal,
): Promise<boolean> {
  await api.call('POST', `/backups/${id}/verify`)
  for (;;) {
    const backup = await api.call<BackupDetails>('GET', `/backups/${id}`)
    if (backup.verified_at !== before) {
      const { verify_result: result, verify_detail: detail } = backup
      say(`• verified against its digests: ${result ?? 'it could not be told'} (${detail ?? ''})`)
      return result === 'good'
    }
    await sleep(500, undefined, { signal })
  }
}

interface Row {
  readonly label: string
  readonly size: number
  readonly read: number
  readonly stored: number
  readonly seconds: number
  readonly result: string
}

type Oracle = readonly { readonly key: number; readonly path: string }[]

async function compareDisks(
  api: ApiClient,
  backup: BackupDetails,
  oracle: Oracle,
  stateDir: string,
  say: RunContext['say'],
): Promise<Row[]> {
  const dir = await mkdtemp(join(stateDir, 'demo-readback-'))
  try {
    const rows: Row[] = []
    for (const disk of backup.disks) {
      say(`• reading ${disk.label} back through the product and comparing it`)
      const file = join(dir, `${disk.device_key}.raw`)
      await api.download(`/backups/${backup.id}/disks/${disk.disk_id}/content`, file)
      const original = oracle.find((copy) => copy.key === disk.device_key)
      const result = original === undefined ? 'no oracle copy' : await compare(file, original.path)
      rows.push({
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

function table(rows: readonly Row[]): string[] {
  const cells = rows.map((row) => [
    row.label,
    `${(row.size / mib).toFixed(0)} MiB`,
    `${(row.read / mib).toFixed(1)} MiB`,
    `${(row.stored / mib).toFixed(1)} MiB`,
    row.seconds.toFixed(1),
    `${(row.read / mib / Math.max(row.seconds, 0.001)).toFixed(1)}`,
    row.result,
  ])
  const all = [['disk', 'size', 'read', 'stored', 'seconds', 'MiB/s', 'result'], ...cells]
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? []
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
