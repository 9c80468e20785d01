import type { Db } from '../../drizzle/open.js'
import type { PlatformConnections } from '../connections.js'

export interface CaptureDependencies {
  readonly db: Db
  readonly connections: PlatformConnections
  readonly now: () => Date
}
