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
  readonly disk: Pick<BackupDisk, 'audit_result' | 'audit_detail'> & DiskRead
}

/** What tells how much of a disk was read. */
export type DiskRead = Pick<BackupDisk, 'read_mode' | 'bytes_total' | 'capacity_bytes'>

/** Nothing of the disk was left out on the word of change tracking; allocated areas alone are its word, too. */
export const isReadWhole = ({ read_mode, bytes_total, capacity_bytes }: DiskRead): boolean =>
  read_mode === 'full' && bytes_total >= capacity_bytes

/** The newest audit of a chain's disk; null where no point of it was audited. */
export function newestAudit(
  points: readonly ChainPoint[],
): { readonly result: AuditResult; readonly backup_id: string; readonly detail: string } | null {
  const audited = points.findLast(({ disk }) => disk.audit_result !== null)
  if (audited?.disk.audit_result == null) return null
  const { backup, disk } = audited
  return { result: audited.disk.audit_result, backup_id: backup.id, detail: disk.audit_detail ?? '' }
}

/** The points in doubt: from one whose audit differs to the next whose disk was read whole. */
export function suspectPoints(points: readonly ChainPoint[]): string[] {
  const suspect: string[] = []
  let inDoubt = false
  for (const { backup, disk } of points) {
    if (isReadWhole(disk)) inDoubt = false
    if (disk.audit_result === 'differs') inDoubt = true
    if (inDoubt) suspect.push(backup.id)
  }
  return suspect
}

/** One disk of a completed point, of all the VM's repositories, listed oldest first. */
export type DoubtedPoint = {
  readonly backup: Pick<Backup, 'id' | 'repository_id'>
  readonly disk: Pick<BackupDisk, 'audit_result'> & DiskRead
}

/**
 * The newest point whose audit says that change tracking must not be asked for the next one: it, or one before it, is
 * not followed by a whole read that the next one builds on. Only those count that lie in its repository and, where it
 * has a base, not after that: what another one holds does not mend this one. A point that was read whole may be marked
 * itself, by one over it that is deleted.
 */
export function newestDoubt(
  points: readonly DoubtedPoint[],
  next: { readonly repositoryId: number; readonly baseId: string | undefined },
): string | undefined {
  const upTo =
    next.baseId === undefined
      ? points.length
      : points.findIndex(({ backup }) => backup.id === next.baseId) + 1
  const whole = points
    .slice(0, upTo)
    .findLastIndex(({ backup, disk }) => backup.repository_id === next.repositoryId && isReadWhole(disk))
  return points.slice(Math.max(whole, 0)).findLast(({ disk }) => disk.audit_result === 'differs')?.backup.id
}
