import type { Client } from '@temporalio/client'
import type { Db } from '../../drizzle/open.js'

export interface ScheduleDependencies {
  readonly db: Db
  readonly client: Client
  readonly now: () => Date
  /** A ring that comes later than this, jitter apart, is late. */
  readonly lateSeconds: number
}
