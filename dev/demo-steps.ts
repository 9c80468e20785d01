import { mkdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BackupDetails } from '../api/contract/backups.js'
import type { ApiClient } from './demo-client.js'
import type { RunContext } from './run-context.js'
import { readTextIfThere } from './write-file.js'

const mib = 1024 * 1024
const verifySeconds = 900

export async function protect(
  api: ApiClient,
  lab: NonNullable<RunContext['lab']>,
  vmName: string,
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

export async function repository(api: ApiClient, path: string, say: RunContext['say']): Promise<number> {
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

export async function backUp(
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

/** Verifies the point against its digests; false when it is damaged or could not be told. */
export async function verify(
  api: ApiClient,
  { id, verified_at: before }: BackupDetails,
  say: RunContext['say'],
  signal: AbortSignal,
): Promise<boolean> {
  await api.call('POST', `/backups/${id}/verify`)
  for (let waited = 0; waited < verifySeconds * 2; waited++) {
    const backup = await api.call<BackupDetails>('GET', `/backups/${id}`)
    if (backup.verified_at !== before) {
      const { verify_result: result, verify_detail: detail } = backup
      say(`• verified against its digests: ${result ?? 'it could not be told'} (${detail ?? ''})`)
      return result === 'good'
    }
    await sleep(500, undefined, { signal })
  }
  say(`• the verification of ${id} came to no end in ${verifySeconds} s`)
  return false
}
