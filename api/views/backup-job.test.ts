import type { Backup, BackupStatus } from '../../domain/backup.js'
import type { Progress } from '../../domain/progress.js'
import { BackupJob } from '../contract/backups.js'
import { toBackupJob } from './backup-job.js'

const backup = (status: BackupStatus): Backup => ({
  id: 'backup-1',
  vm_context_id: 'ctx-1',
  vm_name: 'pgtest2',
  repository_id: 7,
  platform_id: 'platform-1',
  requested_type: 'auto',
  backup_type: 'full',
  type_reason: null,
  status,
  cleanup: 'done',
  quiesce: 'prefer',
  consistency: null,
  transport: null,
  exclude_disks: [],
  warnings: [],
  workflow_id: 'backup:ctx-1',
  run_id: null,
  snapshot_token: 'sendense:one:backup-1',
  snapshot_reference: null,
  snapshot_taken_at: null,
  manifest_path: null,
  reserved_bytes: 0,
  total_bytes: 1000,
  bytes_read: 800,
  bytes_stored: 700,
  bytes_skipped: 200,
  error_code: null,
  error_message: null,
  error_remedy: null,
  verified_at: null,
  verify_result: null,
  verify_detail: null,
  audit_scope: null,
  audited_at: null,
  audit_result: null,
  audit_detail: null,
  pause_reason: null,
  flow_id: null,
  execution_id: null,
  created_by: 'admin',
  created_at: '2026-11-21T10:00:00.000Z',
  started_at: null,
  completed_at: null,
})
const progress: Progress = {
  bytes_total: 900,
  bytes_read: 90,
  bytes_stored: 80,
  bytes_skipped: 10,
  bytes_per_second: 5,
  eta_seconds: 162,
  bottleneck: 'source',
  samples: [[1000, 5]],
}
const job = (status: BackupStatus) => toBackupJob(backup(status), { progress, tlsMode: 'verify' })

test('a run carries its live bytes and its live progress', () =>
  expect(job('running')).toMatchObject({ bytes_transferred: 90, bytes_stored: 80, progress }))

test.each(['failed', 'cancelled'] as const)('a %s run tells how far it came, without samples', (status) =>
  expect(job(status)).toMatchObject({ bytes_transferred: 90, progress: { ...progress, samples: [] } }),
)

test('a completed run carries the bytes of its record', () =>
  expect(job('completed')).toMatchObject({ bytes_transferred: 800, bytes_stored: 700, progress: null }))

test.each(['verify', 'ca', 'thumbprint', 'insecure'] as const)(
  "a platform's certificate judged by %s is shown with its runs, as the contract says",
  (tlsMode) => {
    const shown = toBackupJob(backup('pending'), { progress: null, tlsMode })
    expect(BackupJob.parse(shown)).toMatchObject({ platform_tls_mode: tlsMode, repository_id: '7' })
  },
)
