import { boolean, index, int, mysqlEnum, mysqlTable, uniqueIndex } from 'drizzle-orm/mysql-core'
import { repositoryTypes } from '../../domain/repository.js'
import { exactText, idText, moment, nameText } from './columns.js'

export const backupRepositories = mysqlTable(
  'backup_repositories',
  {
    id: int('id').autoincrement().primaryKey(),
    name: nameText('name').notNull(),
    repository_type: mysqlEnum('repository_type', repositoryTypes).notNull(),
    // 700 × 4 bytes: the longest that fits InnoDB's 3072-byte key.
    path: exactText(700)('path').notNull(),
    marker: idText('marker').notNull(),
    enabled: boolean('enabled').notNull(),
    created_at: moment('created_at').notNull(),
    updated_at: moment('updated_at').notNull(),
  },
  (table) => [
    uniqueIndex('backup_repositories_name_uq').on(table.name),
    uniqueIndex('backup_repositories_path_uq').on(table.path),
    index('backup_repositories_created_ix').on(table.created_at, table.id),
  ],
)
