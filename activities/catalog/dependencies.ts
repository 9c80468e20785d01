import type { Client } from '@temporalio/client'
import type { Db } from '../../drizzle/open.js'

export interface CatalogDependencies {
  readonly db: Db
  /** To ask whether an owner's workflow is open: not found = closed, unreachable = the step is tried again. */
  readonly client: Client
  readonly now: () => Date
  readonly site: string
  /** Seconds a mover may be silent before its step is given to another worker. */
  readonly heartbeatSeconds: number
  /** How long a paused run keeps its snapshot. */
  readonly pauseMinutes: number
  readonly roomCheckSeconds: number
  readonly undoSeconds: number
}
