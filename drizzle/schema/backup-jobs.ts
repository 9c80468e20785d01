import { foreignKey, index, int, mysqlEnum, mysqlTable } from 'drizzle-orm/mysql-core'
import {
  AuditResult,
  AuditScope,
  BackupType,
  Cleanup,
  Consistency,
  Quiesce,
  RequestedBackupType,
  backupStatuses,
} from '../../domain/backup.js'
import { backupRepositories } from './backup-repositories.js'
import { bytes, exactText, idText, json, longText, moment, nameText, oneOf } from './columns.js'
import { platforms } from './platforms.js'
import { vmReplicationContexts } from './vm-replication-contexts.js'

export const verifyResults = ['good', 'damaged'] as const

export const backupJobs = mysqlTable(
  'backup_jobs',
  {
    id: idText('id').primaryKey(),
    vm_context_id: idText('vm_context_id').notNull(),
    vm_name: nameText('vm_name').notNull(),
    repository_id: int('repository_id').notNull(),
    platform_id: idText('platform_id').notNull(),
    requested_type: mysqlEnum('requested_type', oneOf(RequestedBackupType.options)).notNull(),
    backup_type: mysqlEnum('backup_type', oneOf(BackupType.options)).notNull(),
    type_reason: longText('type_reason'),
    status: mysqlEnum('status', backupStatuses).notNull(),
    cleanup: mysqlEnum('cleanup', oneOf(Cleanup.options)).notNull(),
    quiesce: mysqlEnum('quiesce', oneOf(Quiesce.options)).notNull(),
    consistency: mysqlEnum('consistency', oneOf(Consistency.options)),
    transport: exactText(32)('transport'),
    exclude_disks: json<string[]>()('exclude_disks').notNull(),
    warnings: json<string[]>()('warnings').notNull(),
    workflow_id: nameText('workflow_id').notNull(),
    run_id: idText('run_id'),
    snapshot_token: nameText('snapshot_token').notNull(),
    snapshot_reference: nameText('snapshot_reference'),
    snapshot_taken_at: moment('snapshot_taken_at'),
    reserved_bytes: bytes('reserved_bytes').notNull(),
    manifest_path: exactText(1024)('manifest_path'),
    total_bytes: bytes('total_bytes').notNull(),
    bytes_read: bytes('bytes_read').notNull(),
    bytes_stored: bytes('bytes_stored').notNull(),
    bytes_skipped: bytes('bytes_skipped').notNull(),
    error_code: exactText(64)('error_code'),
    error_message: longText('error_message'),
    error_remedy: longText('error_remedy'),
    verified_at: moment('verified_at'),
    verify_result: mysqlEnum('verify_result', verifyResults),
    verify_detail: longText('verify_detail'),
    audit_scope: mysqlEnum('audit_scope', oneOf(AuditScope.options)),
    audited_at: moment('audited_at'),
    audit_result: mysqlEnum('audit_result', oneOf(AuditResult.options)),
    audit_detail: longText('audit_detail'),
    pause_reason: longText('pause_reason'),
    // No foreign keys: a point outlives the flow's history.
    flow_id: idText('flow_id'),
    execution_id: idText('execution_id'),
    created_by: nameText('created_by').notNull(),
    created_at: moment('created_at').notNull(),
    started_at: moment('started_at'),
    completed_at: moment('completed_at'),
  },
  (table) => [
    index('backup_jobs_created_ix').on(table.created_at, table.id),
    index('backup_jobs_context_ix').on(table.vm_context_id, table.created_at, table.id),
    index('backup_jobs_repository_ix').on(table.repository_id, table.status),
    index('backup_jobs_status_ix').on(table.status, table.created_at),
    index('backup_jobs_name_ix').on(table.vm_name, table.created_at),
    index('backup_jobs_cleanup_ix').on(table.cleanup),
    index('backup_jobs_execution_ix').on(table.execution_id),
    index('backup_jobs_flow_ix').on(table.flow_id, table.created_at),
    foreignKey({
      name: 'backup_jobs_context_fk',
      columns: [table.vm_context_id],
      foreignColumns: [vmReplicationContexts.id],
    }).onDelete('restrict'),
    foreignKey({
      name: 'backup_jobs_repository_fk',
      columns: [table.repository_id],
      foreignColumns: [backupRepositories.id],
    }).onDelete('restrict'),
    foreignKey({
      name: 'backup_jobs_platform_fk',
      columns: [table.platform_id],
      foreignColumns: [platforms.id],
    }).onDelete('restrict'),
  ],
)
