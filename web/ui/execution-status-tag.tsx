import type { LastExecutionStatus } from '../../domain/flow.js'
import type { Tone } from './status-tag.js'
import { StatusTag } from './status-tag.js'

const toneOf: Readonly<Record<LastExecutionStatus, Tone>> = {
  pending: 'waiting',
  running: 'running',
  paused: 'paused',
  success: 'good',
  warning: 'warning',
  error: 'bad',
  cancelled: 'stopped',
}

/** How a run stands; `isFlow` where it is a flow's latest, of which `pending` means that there was none. */
export const ExecutionStatusTag = ({
  status,
  isFlow = false,
}: {
  status: LastExecutionStatus
  isFlow?: boolean
}) =>
  isFlow && status === 'pending' ? (
    <StatusTag tone="neutral">never run</StatusTag>
  ) : (
    <StatusTag tone={toneOf[status]}>{status}</StatusTag>
  )
