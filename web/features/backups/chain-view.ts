import type { BackupChain, BackupJob, ChainPoint } from '../../../api/contract/backups.js'
import type { BackupDisk } from '../../../domain/backup.js'
import type { RailRow } from '../../lib/rail.js'
import { railOf } from '../../lib/rail.js'

/** One point of a chain as the page draws it. */
export interface PointRow {
  readonly job: BackupJob
  readonly disk: BackupDisk
  readonly rail: RailRow
  /** What it is stored over; undefined for a root, and where the parent is not in the chain. */
  readonly parent: BackupJob | undefined
  /** Backups stored over any of its disks: while there are any it cannot be deleted alone. */
  readonly neededBy: readonly string[]
  /** The nearest damaged point among those that it stands on. */
  readonly standsOnDamaged: BackupJob | undefined
  /** Change tracking was found to have kept something back: this point may lack it. */
  readonly isSuspect: boolean
}

/** A chain's points, newest first: each stands on one further down. */
export const pointRows = (chain: BackupChain, suspects: readonly string[]): PointRow[] => {
  const jobs = new Map(chain.backups.map((job) => [job.id, job]))
  const points = new Map(chain.points.map((point) => [point.backup_id, point]))
  const newestFirst = chain.points.toReversed()
  const rails = railOf(
    newestFirst.map(({ backup_id, disk }) => ({ id: backup_id, parentId: disk.parent_backup_id })),
  )
  return newestFirst.flatMap((point, index): PointRow[] => {
    const [job, rail] = [jobs.get(point.backup_id), rails[index]]
    if (job === undefined || rail === undefined) return []
    const below = standingOn(point, points)
    return [
      {
        job,
        disk: point.disk,
        rail,
        parent: jobs.get(point.disk.parent_backup_id ?? ''),
        neededBy: point.needed_by,
        standsOnDamaged: below.map((id) => jobs.get(id)).find((each) => each?.verify_result === 'damaged'),
        isSuspect: suspects.includes(point.backup_id),
      },
    ]
  })
}

/** The ids of what a point stands on, nearest first. */
const standingOn = (point: ChainPoint, points: ReadonlyMap<string, ChainPoint>): string[] => {
  const ids: string[] = []
  let next = point.disk.parent_backup_id
  while (next !== null && !ids.includes(next)) {
    ids.push(next)
    next = points.get(next)?.disk.parent_backup_id ?? null
  }
  return ids
}

/** Whether it or what it stands on is damaged. */
export const isLost = ({ job, standsOnDamaged }: PointRow): boolean =>
  job.verify_result === 'damaged' || standsOnDamaged !== undefined

/** The moment that a point holds. */
export const momentOf = (job: BackupJob): string =>
  job.snapshot_taken_at ?? job.completed_at ?? job.created_at
