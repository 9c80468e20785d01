import type { ItemStatus } from '../../../domain/execution.js'
import type { Tone } from '../../ui/status-tag.js'
import { StatusTag } from '../../ui/status-tag.js'

const toneOf: Readonly<Record<ItemStatus, Tone>> = {
  pending: 'waiting',
  waiting: 'waiting',
  running: 'running',
  completed: 'good',
  failed: 'bad',
  skipped: 'neutral',
  cancelled: 'stopped',
}

/** How one VM of a run stands. */
export const ItemStatusTag = ({ status }: { status: ItemStatus }) => (
  <StatusTag tone={toneOf[status]}>{status === 'pending' ? 'queued' : status}</StatusTag>
)
