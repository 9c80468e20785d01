import type { Bottleneck, CopyProgress } from '../blocks/copy-meter.js'
import type { Side } from '../blocks/end.js'

/** What the Temporal UI shows of a running copy; resuming reads the checkpoint file, never this. */
export interface HeartbeatView {
  readonly attemptNo: number
  /** The last one of this attempt: everything below its cursor is durable. */
  readonly checkpoint: { readonly cursor: number; readonly at: string } | null
  readonly bytesDone: number
  readonly bytesTotal: number
  readonly bottleneck: Bottleneck
  /** The end that was lost and is being opened again. */
  readonly away: Side | null
}

/** Keeps what the next heartbeat is to say. */
export interface Heartbeat {
  /** Undefined before the copy has begun. */
  view(): HeartbeatView | undefined
  progress(attemptNo: number, progress: CopyProgress): void
  checkpoint(cursor: number): void
}

export const createHeartbeat = (now: () => Date): Heartbeat => {
  let latest: Omit<HeartbeatView, 'checkpoint'> | undefined
  let checkpoint: HeartbeatView['checkpoint'] = null
  return {
    view: () => latest && { ...latest, checkpoint },
    progress: (attemptNo, { bytesDone, bytesTotal, bottleneck, away = null }) => {
      latest = { attemptNo, bytesDone, bytesTotal, bottleneck, away }
    },
    checkpoint: (cursor) => {
      checkpoint = { cursor, at: now().toISOString() }
    },
  }
}
