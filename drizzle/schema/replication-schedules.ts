import { boolean, index, int, mysqlTable, uniqueIndex } from 'drizzle-orm/mysql-core'
import { exactText, idText, longText, moment, nameText } from './columns.js'

export const replicationSchedules = mysqlTable(
  'replication_schedules',
  {
    id: idText('id').primaryKey(),
    name: nameText('name').notNull(),
    description: longText('description'),
    cron_expression: exactText(128)('cron_expression').notNull(),
    timezone: exactText(64)('timezone').notNull(),
    jitter_seconds: int('jitter_seconds').notNull(),
    enabled: boolean('enabled').notNull(),
    created_by: nameText('created_by').notNull(),
    created_at: moment('created_at').notNull(),
    updated_at: moment('updated_at').notNull(),
  },
  (table) => [
    uniqueIndex('replication_schedules_name_uq').on(table.name),
    index('replication_schedules_created_ix').on(table.created_at, table.id),
  ],
)
