import type { FullEvery } from '../../domain/rules/plan-disks.js'
import type { Db } from '../../drizzle/open.js'
import type { PlatformConnections } from '../connections.js'

export interface CaptureDependencies {
  readonly db: Db
  readonly connections: PlatformConnections
  /** When a chain ends and the next begins. */
  readonly fullEvery: FullEvery
  readonly now: () => Date
}
