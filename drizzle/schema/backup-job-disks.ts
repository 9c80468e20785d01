import { foreignKey, int, mysqlEnum, mysqlTable, primaryKey } from 'drizzle-orm/mysql-core'
import { AuditResult, BackupDisk, ReadMode, StoredAs } from '../../domain/backup.js'
import { backupJobs } from './backup-jobs.js'
import { bytes, exactText, idText, longText, nameText, oneOf } from './columns.js'
import { vmDisks } from './vm-disks.js'

export const backupJobDisks = mysqlTable(
  'backup_job_disks',
  {
    backup_id: idText('backup_id').notNull(),
    disk_id: idText('disk_id').notNull(),
    disk_index: int('disk_index').notNull(),
    label: nameText('label').notNull(),
    device_key: int('device_key').notNull(),
    backing_uuid: exactText(128)('backing_uuid').notNull(),
    source_path: exactText(1024)('source_path').notNull(),
    capacity_bytes: bytes('capacity_bytes').notNull(),
    read_mode: mysqlEnum('read_mode', oneOf(ReadMode.options)).notNull(),
    read_reason: longText('read_reason').notNull(),
    stored_as: mysqlEnum('stored_as', oneOf(StoredAs.options)).notNull(),
    stored_reason: longText('stored_reason').notNull(),
    parent_backup_id: idText('parent_backup_id'),
    change_id: nameText('change_id'),
    attempt_no: int('attempt_no').notNull(),
    status: mysqlEnum('status', oneOf(BackupDisk.shape.status.options)).notNull(),
    file_name: exactText(1024)('file_name').notNull(),
    bytes_total: bytes('bytes_total').notNull(),
    bytes_read: bytes('bytes_read').notNull(),
    bytes_stored: bytes('bytes_stored').notNull(),
    bytes_skipped: bytes('bytes_skipped').notNull(),
    duration_ms: bytes('duration_ms'),
    audit_result: mysqlEnum('audit_result', oneOf(AuditResult.options)),
    audit_detail: longText('audit_detail'),
  },
  (table) => [
    primaryKey({ name: 'backup_job_disks_pk', columns: [table.backup_id, table.disk_id] }),
    foreignKey({
      name: 'backup_job_disks_backup_fk',
      columns: [table.backup_id],
      foreignColumns: [backupJobs.id],
    }).onDelete('restrict'),
    foreignKey({
      name: 'backup_job_disks_disk_fk',
      columns: [table.disk_id],
      foreignColumns: [vmDisks.id],
    }).onDelete('restrict'),
    // A parent cannot leave the catalogue under a child that was planned a moment ago.
    foreignKey({
      name: 'backup_job_disks_parent_fk',
      columns: [table.parent_backup_id],
      foreignColumns: [backupJobs.id],
    }).onDelete('restrict'),
  ],
)
