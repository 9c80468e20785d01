import { index, int, mysqlTable, uniqueIndex } from 'drizzle-orm/mysql-core'
import type { CopyRule, ThreeTwoOne } from '../../domain/policy.js'
import { json, longText, moment, nameText } from './columns.js'

export const backupPolicies = mysqlTable(
  'backup_policies',
  {
    id: int('id').autoincrement().primaryKey(),
    name: nameText('name').notNull(),
    description: longText('description'),
    keep_points: int('keep_points').notNull(),
    keep_days: int('keep_days').notNull(),
    keep_daily: int('keep_daily').notNull(),
    keep_weekly: int('keep_weekly').notNull(),
    keep_monthly: int('keep_monthly').notNull(),
    keep_yearly: int('keep_yearly').notNull(),
    three_two_one: json<ThreeTwoOne>()('three_two_one'),
    copy_rules: json<CopyRule[]>()('copy_rules').notNull(),
    created_by: nameText('created_by').notNull(),
    created_at: moment('created_at').notNull(),
    updated_at: moment('updated_at').notNull(),
  },
  (table) => [
    uniqueIndex('backup_policies_name_uq').on(table.name),
    index('backup_policies_created_ix').on(table.created_at, table.id),
  ],
)
