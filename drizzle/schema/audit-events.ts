import { index, int, mysqlTable } from 'drizzle-orm/mysql-core'
import { exactText, idText, json, moment, nameText } from './columns.js'

/** Who asked for what, and what came of it. No foreign key: a record outlives the user it names. */
export const auditEvents = mysqlTable(
  'audit_events',
  {
    id: idText('id').primaryKey(),
    user_id: idText('user_id'),
    username: nameText('username').notNull(),
    action: exactText(128)('action').notNull(),
    subject: nameText('subject'),
    status_code: int('status_code').notNull(),
    address: exactText(64)('address'),
    detail: json<Record<string, unknown>>()('detail').notNull(),
    created_at: moment('created_at').notNull(),
  },
  (table) => [
    index('audit_events_created_ix').on(table.created_at, table.id),
    index('audit_events_user_ix').on(table.username, table.created_at),
  ],
)
