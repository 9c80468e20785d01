import { index, int, mysqlEnum, mysqlTable, primaryKey } from 'drizzle-orm/mysql-core'
import { JobStep } from '../../domain/job-step.js'
import { exactText, idText, longText, moment, nameText, oneOf } from './columns.js'

/** The JobLog. No foreign key on `job_id`: every kind of job writes here. */
export const jobSteps = mysqlTable(
  'job_steps',
  {
    job_id: idText('job_id').notNull(),
    step_id: exactText(128)('step_id').notNull(),
    attempt: int('attempt').notNull(),
    name: nameText('name').notNull(),
    summary: longText('summary').notNull(),
    status: mysqlEnum('status', oneOf(JobStep.shape.status.options)).notNull(),
    detail: longText('detail'),
    error_code: exactText(64)('error_code'),
    started_at: moment('started_at').notNull(),
    ended_at: moment('ended_at'),
  },
  (table) => [
    primaryKey({ name: 'job_steps_pk', columns: [table.job_id, table.step_id, table.attempt] }),
    index('job_steps_started_ix').on(table.job_id, table.started_at),
    // The whole log, newest first.
    index('job_steps_log_ix').on(table.started_at, table.job_id),
    index('job_steps_status_ix').on(table.status, table.started_at),
  ],
)
