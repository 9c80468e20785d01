import { asc, gt, inArray, sql } from 'drizzle-orm'
import type { MySqlColumn } from 'drizzle-orm/mysql-core'
import type { Bottleneck, Progress, ProgressSample } from '../../domain/progress.js'
import type { Db } from '../open.js'
import { backupJobDisks } from '../schema/backup-job-disks.js'
import { jobProgress } from '../schema/job-progress.js'
import { groupedBy } from './grouped.js'

/**
 * The latest values of one disk's copy. `bytes_read + bytes_skipped` reaches `bytes_total`: skipped is what was done
 * without being read. The speed is that of reading, and `eta_seconds` times it what of the rest is expected to be read.
 */
export interface DiskProgress {
  readonly job_id: string
  readonly disk_id: string
  /** The mover's fencing number: values of an older attempt never replace a newer one's. */
  readonly attempt_no: number
  readonly bytes_total: number
  readonly bytes_read: number
  readonly bytes_stored: number
  readonly bytes_skipped: number
  readonly bytes_per_second: number
  readonly eta_seconds: number | null
  readonly bottleneck: Bottleneck | null
  readonly samples: ProgressSample[]
  readonly updated_at: string
}

const keptSamples = 60

/** True for both orders in which a server may assign: `attempt_no` becomes the greater of the two. */
const ifNotOlder = (column: MySqlColumn) =>
  sql`if(values(attempt_no) >= ${jobProgress.attempt_no}, values(${sql.identifier(column.name)}), ${column})`

/** One statement for all disks that a process copies: call it every second or two. */
export const upsertProgress = async (db: Db, rows: readonly DiskProgress[]): Promise<void> => {
  if (rows.length === 0) return
  await db
    .insert(jobProgress)
    .values(rows.map((row) => ({ ...row, samples: row.samples.slice(-keptSamples) })))
    .onDuplicateKeyUpdate({
      set: {
        attempt_no: sql`greatest(${jobProgress.attempt_no}, values(attempt_no))`,
        bytes_total: ifNotOlder(jobProgress.bytes_total),
        bytes_read: ifNotOlder(jobProgress.bytes_read),
        bytes_stored: ifNotOlder(jobProgress.bytes_stored),
        bytes_skipped: ifNotOlder(jobProgress.bytes_skipped),
        bytes_per_second: ifNotOlder(jobProgress.bytes_per_second),
        eta_seconds: ifNotOlder(jobProgress.eta_seconds),
        bottleneck: ifNotOlder(jobProgress.bottleneck),
        samples: ifNotOlder(jobProgress.samples),
        updated_at: ifNotOlder(jobProgress.updated_at),
      },
    })
}

type Counted = Pick<DiskProgress, 'bytes_total' | 'bytes_read' | 'bytes_stored' | 'bytes_skipped'>

/** The progress of each job that has disks planned or rows written; a job with neither is absent. */
export const progressOf = async (db: Db, jobIds: readonly string[]): Promise<Map<string, Progress>> => {
  if (jobIds.length === 0) return new Map()
  const ids = [...jobIds]
  const live = await db
    .select()
    .from(jobProgress)
    .where(inArray(jobProgress.job_id, ids))
    .orderBy(jobProgress.job_id, jobProgress.disk_id)
  const planned = await db.select().from(backupJobDisks).where(inArray(backupJobDisks.backup_id, ids))
  const liveBy = groupedBy(live, (row) => row.job_id)
  const plannedBy = groupedBy(planned, (row) => row.backup_id)
  const progress = new Map<string, Progress>()
  for (const id of ids) {
    const rows = liveBy.get(id) ?? []
    // What a disk's own row says counts once its copy is recorded, and before its mover has written anything.
    const fromDisks = (plannedBy.get(id) ?? []).filter(
      (disk) => isCopied(disk.status) || !rows.some((row) => row.disk_id === disk.disk_id),
    )
    const settled = new Set(fromDisks.map((disk) => disk.disk_id))
    const moving = rows.filter((row) => !settled.has(row.disk_id))
    if (rows.length > 0 || fromDisks.length > 0) progress.set(id, total(fromDisks, moving, rows))
  }
  return progress
}

const isCopied = (status: string): boolean => status === 'copied' || status === 'committed'

const total = (settled: Counted[], moving: DiskProgress[], all: DiskProgress[]): Progress => {
  const counted = [...settled, ...moving]
  const sum = (key: keyof Counted): number => counted.reduce((bytes, row) => bytes + row[key], 0)
  const bytesTotal = sum('bytes_total')
  const rate = moving.reduce((bytes, row) => bytes + row.bytes_per_second, 0)
  const slowest = moving.toSorted((a, b) => (b.eta_seconds ?? 0) - (a.eta_seconds ?? 0))[0]
  // Each disk knows how sparse it is; one that waits or stands still counts in full.
  const left =
    moving.reduce((bytes, row) => bytes + toRead(row), 0) +
    settled.reduce((bytes, row) => bytes + unfinished(row), 0)
  return {
    bytes_total: bytesTotal,
    bytes_read: sum('bytes_read'),
    bytes_stored: sum('bytes_stored'),
    bytes_skipped: sum('bytes_skipped'),
    bytes_per_second: rate,
    eta_seconds: rate > 0 ? Math.ceil(left / rate) : null,
    bottleneck: slowest?.bottleneck ?? null,
    samples: mergedSamples(all),
  }
}

const unfinished = ({ bytes_total, bytes_read, bytes_skipped }: Counted): number =>
  Math.max(0, bytes_total - bytes_read - bytes_skipped)

const toRead = (row: DiskProgress): number =>
  row.eta_seconds === null
    ? unfinished(row)
    : Math.min(unfinished(row), row.eta_seconds * row.bytes_per_second)

const mergedSamples = (rows: DiskProgress[]): ProgressSample[] => {
  const bySecond = new Map<number, number>()
  for (const row of rows) {
    for (const [second, rate] of row.samples) bySecond.set(second, (bySecond.get(second) ?? 0) + rate)
  }
  return [...bySecond].toSorted(([a], [b]) => a - b).slice(-keptSamples)
}

/** Jobs whose progress was written after `since` (ISO time), with the time of the newest write: what a stream sends. */
export const recentProgress = async (
  db: Db,
  since: string,
): Promise<{ job_id: string; updated_at: string; progress: Progress }[]> => {
  const changed = await db
    .select({ job_id: jobProgress.job_id, updated_at: jobProgress.updated_at })
    .from(jobProgress)
    .where(gt(jobProgress.updated_at, since))
    .orderBy(asc(jobProgress.updated_at))
  const newest = new Map(changed.map((row) => [row.job_id, row.updated_at]))
  const progress = await progressOf(db, [...newest.keys()])
  return [...newest].flatMap(([job_id, updated_at]) => {
    const latest = progress.get(job_id)
    return latest === undefined ? [] : [{ job_id, updated_at, progress: latest }]
  })
}
