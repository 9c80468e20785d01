import { double, index, int, mysqlEnum, mysqlTable, primaryKey } from 'drizzle-orm/mysql-core'
import { Bottleneck } from '../../domain/progress.js'
import type { ProgressSample } from '../../domain/progress.js'
import { bytes, idText, json, moment, oneOf } from './columns.js'

/** The latest values of each disk that is copied, overwritten every second or two. */
export const jobProgress = mysqlTable(
  'job_progress',
  {
    job_id: idText('job_id').notNull(),
    disk_id: idText('disk_id').notNull(),
    attempt_no: int('attempt_no').notNull(),
    bytes_total: bytes('bytes_total').notNull(),
    bytes_read: bytes('bytes_read').notNull(),
    bytes_stored: bytes('bytes_stored').notNull(),
    bytes_skipped: bytes('bytes_skipped').notNull(),
    bytes_per_second: double('bytes_per_second').notNull(),
    eta_seconds: double('eta_seconds'),
    bottleneck: mysqlEnum('bottleneck', oneOf(Bottleneck.options)),
    samples: json<ProgressSample[]>()('samples').notNull(),
    updated_at: moment('updated_at').notNull(),
  },
  (table) => [
    primaryKey({ name: 'job_progress_pk', columns: [table.job_id, table.disk_id] }),
    index('job_progress_updated_ix').on(table.updated_at),
  ],
)
