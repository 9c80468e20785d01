import { QueryClient } from '@tanstack/react-query'
import type { BackupJob } from '../../api/contract/backups.js'
import { getBackup, getBackupChain, listBackups } from '../../api/contract/backups.js'
import { listJobLog } from '../../api/contract/job-log.js'
import { listGroups } from '../../api/contract/machine-groups.js'
import { listPlatforms } from '../../api/contract/platforms.js'
import { listPolicies } from '../../api/contract/policies.js'
import { getFlowSummary } from '../../api/contract/protection-flows.js'
import { listRepositories } from '../../api/contract/repositories.js'
import { listSchedules } from '../../api/contract/schedules.js'
import { listVmContexts } from '../../api/contract/vm-contexts.js'
import { forgetSoon } from './ask-soon.js'
import { takeEvent } from './events.js'
import { keyOf, pagesKeyOf } from './query.js'

const job: BackupJob = {
  id: 'backup-1',
  backup_id: 'backup-1',
  vm_context_id: 'ctx-1',
  vm_name: 'pgtest2',
  platform_id: 'platform-1',
  platform_tls_mode: 'verify',
  repository_id: '1',
  flow_id: null,
  execution_id: null,
  requested_type: 'auto',
  backup_type: 'full',
  type_reason: null,
  status: 'running',
  cleanup: 'pending',
  quiesce: 'prefer',
  consistency: null,
  snapshot_taken_at: null,
  transport: null,
  exclude_disks: [],
  warnings: [],
  workflow_id: 'backup:ctx-1',
  run_id: null,
  file_path: '',
  total_bytes: 1000,
  bytes_transferred: 0,
  bytes_stored: 0,
  bytes_skipped: 0,
  error_code: null,
  error_remedy: null,
  verified_at: null,
  verify_result: null,
  verify_detail: null,
  audit_scope: null,
  audited_at: null,
  audit_result: null,
  audit_detail: null,
  pause_reason: null,
  created_by: 'admin',
  created_at: '2026-11-21T10:00:00.000Z',
  started_at: null,
  progress: null,
}
const progress = {
  bytes_total: 1000,
  bytes_read: 500,
  bytes_stored: 400,
  bytes_skipped: 100,
  bytes_per_second: 10,
  eta_seconds: 50,
  bottleneck: null,
  samples: [],
}
const listKey = pagesKeyOf(listBackups, { limit: 50 })
const detailsKey = keyOf(getBackup, { params: { id: job.id } })
const vmsKey = pagesKeyOf(listVmContexts, { limit: 50 })

const clients: QueryClient[] = []
afterEach(() => clients.splice(0).forEach(forgetSoon))

const filledClient = (): QueryClient => {
  const client = new QueryClient()
  clients.push(client)
  client.setQueryData(listKey, {
    pages: [{ backups: [job], total: 1, next_cursor: null }],
    pageParams: [null],
  })
  client.setQueryData(detailsKey, { ...job, progress, disks: [], steps: [], temporal_url: '/temporal/x' })
  client.setQueryData(vmsKey, { pages: [], pageParams: [] })
  return client
}
const isStale = (client: QueryClient, key: readonly unknown[]) => client.getQueryState(key)?.isInvalidated

test('progress moves the list and the details without asking again', () => {
  const client = filledClient()
  takeEvent(client, 'backups', JSON.stringify({ ...job, progress }))
  expect(client.getQueryData(listKey)).toMatchObject({
    pages: [{ backups: [{ progress: { bytes_read: 500 } }] }],
  })
  expect(client.getQueryData(detailsKey)).toMatchObject({ temporal_url: '/temporal/x', progress })
  expect([isStale(client, listKey), isStale(client, detailsKey)]).toEqual([false, false])
})

test('a new status is shown at once and asks again for lists, details and VMs', () => {
  const client = filledClient()
  takeEvent(client, 'backups', JSON.stringify({ ...job, status: 'completed' }))
  expect(client.getQueryData(detailsKey)).toMatchObject({ status: 'completed', progress })
  expect([listKey, detailsKey, vmsKey].map((key) => isStale(client, key))).toEqual([true, true, true])
})

test.each([
  { what: 'a verification', change: { verified_at: '2026-11-21T11:00:00.000Z', verify_result: 'damaged' } },
  { what: 'an audit', change: { audited_at: '2026-11-21T11:00:00.000Z', audit_result: 'differs' } },
])('what $what found is asked for again by details and chains', ({ change }) => {
  const client = filledClient()
  const chainKey = keyOf(getBackupChain, { query: { vm_context_id: 'ctx-1' } })
  client.setQueryData(chainKey, {})
  takeEvent(client, 'backups', JSON.stringify({ ...job, ...change }))
  expect([chainKey, detailsKey].map((key) => isStale(client, key))).toEqual([true, true])
})

test('a backup that no list holds makes the lists ask again', () => {
  const client = filledClient()
  takeEvent(client, 'backups', JSON.stringify({ ...job, id: 'backup-2', backup_id: 'backup-2' }))
  expect(isStale(client, listKey)).toBe(true)
})

test('a backup that is gone leaves the cache', () => {
  const client = filledClient()
  takeEvent(client, 'backups', JSON.stringify({ id: job.id, gone: true }))
  expect(client.getQueryData(detailsKey)).toBeUndefined()
  expect(isStale(client, listKey)).toBe(true)
})

test('a change of platforms asks again for what shows their certificates, and leaves repositories alone', () => {
  const client = filledClient()
  const [platformsKey, repositoriesKey] = [keyOf(listPlatforms), keyOf(listRepositories)]
  client.setQueryData(platformsKey, { platforms: [], total: 0 })
  client.setQueryData(repositoriesKey, { repositories: [], total: 0 })
  takeEvent(client, 'platforms', '{"id":null}')
  const shown = [platformsKey, vmsKey, listKey, detailsKey].map((key) => isStale(client, key))
  expect([...shown, isStale(client, repositoriesKey)]).toEqual([true, true, true, true, false])
})

test.each([
  { topic: 'executions' as const, entry: getFlowSummary },
  { topic: 'flows' as const, entry: getFlowSummary },
  { topic: 'backups' as const, entry: listJobLog },
  { topic: 'executions' as const, entry: listJobLog },
  { topic: 'machine-groups' as const, entry: listGroups },
  { topic: 'schedules' as const, entry: listSchedules },
  { topic: 'policies' as const, entry: listPolicies },
])('a change of $topic asks again for $entry.name', ({ topic, entry }) => {
  const client = filledClient()
  client.setQueryData(keyOf(entry), {})
  takeEvent(client, topic, '{"id":null}')
  expect(isStale(client, keyOf(entry))).toBe(true)
})

test('data that is no JSON makes the page ask again', () => {
  const client = filledClient()
  takeEvent(client, 'backups', 'half a li')
  expect(isStale(client, listKey)).toBe(true)
})
