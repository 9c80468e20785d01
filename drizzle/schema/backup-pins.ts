import { foreignKey, index, mysqlEnum, mysqlTable, primaryKey } from 'drizzle-orm/mysql-core'
import { pinPurposes } from '../../domain/backup.js'
import { backupJobs } from './backup-jobs.js'
import { idText, moment, nameText } from './columns.js'

/**
 * Who needs a point to stay. A workflow's pin (`run_id`, of its first execution) lasts while it is open; a process that
 * serves content renews `expires_at`. A pin to `delete` admits no other.
 */
export const backupPins = mysqlTable(
  'backup_pins',
  {
    backup_id: idText('backup_id').notNull(),
    purpose: mysqlEnum('purpose', pinPurposes).notNull(),
    owner: nameText('owner').notNull(),
    run_id: idText('run_id'),
    since: moment('since').notNull(),
    expires_at: moment('expires_at'),
  },
  (table) => [
    primaryKey({ name: 'backup_pins_pk', columns: [table.backup_id, table.purpose, table.owner] }),
    index('backup_pins_owner_ix').on(table.owner),
    foreignKey({
      name: 'backup_pins_backup_fk',
      columns: [table.backup_id],
      foreignColumns: [backupJobs.id],
    }).onDelete('restrict'),
  ],
)
