import type { AuditResult, AuditScope, Backup, BackupDisk } from '../backup.js'

/** The wider of what was asked for. */
export const widerScope = (one: AuditScope | null, other: AuditScope): AuditScope =>
  one === 'all' ? one : other

/** What an audit said of one disk; without a result it could not be told or there was nothing to tell. */
export type AuditedDisk = Pick<BackupDisk, 'label' | 'audit_result' | 'audit_detail'>

/** What a whole backup's audit says: it differs where one disk does, and agrees where none does and one agrees. */
export function auditOf(disks: readonly AuditedDisk[]): {
  readonly result: AuditResult | null
  readonly detail: string
} {
  const has = (result: AuditResult): boolean => disks.some(({ audit_result }) => audit_result === result)
  return {
    result: has('differs') ? 'differs' : has('agrees') ? 'agrees' : null,
    detail: disks.map(sentenceOf).join('; '),
  }
}

/** One sentence for the job's operator. */
export const sentenceOf = ({ label, audit_detail }: AuditedDisk): string =>
  `${label}: ${audit_detail ?? 'was not audited'}`

/** One disk of a point, of a chain that is listed oldest first. */
export type ChainPoint = {
  readonly backup: Pick<Backup, 'id'>
  readonly disk: Pick<BackupDisk, 'audit_result' | 'audit_detail' | 'read_mode'>
}

/** The newest audit of a chain's disk; null where no point of it was audited. */
export function newestAudit(
  points: readonly ChainPoint[],
): { readonly result: AuditResult; readonly backup_id: string; readonly detail: string } | null {
  const audited = points.findLast(({ disk }) => disk.audit_result !== null)
  if (audited?.disk.audit_result == null) return null
  const { backup, disk } = audited
  return { result: audited.disk.audit_result, backup_id: backup.id, detail: disk.audit_detail ?? '' }
}

/** The points in doubt: from one whose audit differs to the next that was read in full, which is whole again. */
export function suspectPoints(points: readonly ChainPoint[]): string[] {
  const suspect: string[] = []
  let inDoubt = false
  for (const { backup, disk } of points) {
    if (disk.read_mode === 'full') inDoubt = false
    if (disk.audit_result === 'differs') inDoubt = true
    if (inDoubt) suspect.push(backup.id)
  }
  return suspect
}
