import type { BackupJob } from '../../api/contract/backups.js'
import type { Tone } from './status-tag.js'
import { StatusTag } from './status-tag.js'

const toneOf: Readonly<Record<BackupJob['status'], Tone>> = {
  pending: 'waiting',
  running: 'running',
  paused: 'paused',
  cancelling: 'running',
  completed: 'good',
  failed: 'bad',
  cancelled: 'stopped',
}

export const BackupStatusTag = ({ status }: { status: BackupJob['status'] }) => (
  <StatusTag tone={toneOf[status]}>{status}</StatusTag>
)
