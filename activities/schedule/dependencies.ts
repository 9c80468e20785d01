import type { Client } from '@temporalio/client'
import type { NoticeEvent } from '../../domain/notice.js'
import type { Db } from '../../drizzle/open.js'

export interface ScheduleDependencies {
  readonly db: Db
  readonly client: Client
  readonly now: () => Date
  /** A ring that comes later than this, jitter apart, is late. */
  readonly lateSeconds: number
  /** Lets somebody hear of it; an event that was told already, or that nobody wants, does nothing. */
  readonly notify?: (event: NoticeEvent) => Promise<void>
}
