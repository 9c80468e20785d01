import type { Db } from '../../drizzle/open.js'
import type { PlatformConnections } from '../connections.js'
import type { Guard } from '../processes/open-guard.js'
import type { Places } from '../blocks/places.js'
import type { LimitBoard } from './limit-board.js'
import type { ProgressBoard } from './progress-board.js'

export interface TransferDependencies {
  readonly db: Db
  readonly connections: PlatformConnections
  readonly guard: Guard
  readonly progress: ProgressBoard
  /** Where sockets and the records of children lie; short, for a socket's path has room for 107 characters. */
  readonly runDir: string
  readonly programs: { readonly nbdkit: string; readonly qemuNbd: string }
  /** Shared with all that moves whole disks in this process. */
  readonly slots: Places
  readonly limits: LimitBoard
  readonly stallMs: number
  /** How long an end that was lost is opened again before the attempt is given up. */
  readonly reopenMs: number
  /** How often what was copied is made durable. */
  readonly checkpointEvery: { readonly everyBytes: number; readonly everyMs: number }
  readonly now: () => Date
  /** Tells the worker's log. */
  readonly said: (sentence: string) => void
}
