import { Context } from '@temporalio/activity'
import { recordDiskAudit, takeAuditAttempt } from '../../drizzle/queries/backup-audits.js'
import { disksOfBackup } from '../../drizzle/queries/backup-disks.js'
import { beating } from '../beating.js'
import { openJob } from '../capture/job.js'
import { endStrays } from '../processes/end-strays.js'
import { superseded } from '../repository/superseded.js'
import type { AuditDiskInput, AuditedDisk, RepositorySteps } from '../steps.js'
import { auditAreas } from './audit-areas.js'
import type { AuditProgress } from './audit-areas.js'
import { namedByDisk } from './copy-failure.js'
import type { TransferDependencies } from './dependencies.js'
import type { Attempt } from './attempt.js'

/**
 * Safe to run twice: only reads, the same places each time, and each start takes the next attempt number, which names
 * its exporter and guards what it writes down. Reads the snapshot's disk again and compares it with what the point
 * would hold. What differs where change tracking claimed no change is a result; what differs where this very run has
 * copied is `point-damaged`: such a point must not stand.
 */
export const auditDisk =
  (dependencies: TransferDependencies): RepositorySteps['auditDisk'] =>
  (input) =>
    beating(async (signal, show) => {
      const before = await auditedBefore(dependencies, input)
      if (before !== undefined) return before
      using _slot = await dependencies.slots.take(signal)
      const attempt = await beginAttempt(dependencies, input)
      const found = await audit(dependencies, attempt, input, signal, show)
      if (!(await recordDiskAudit(dependencies.db, { ...input, attemptNo: attempt.attemptNo, ...found })))
        throw superseded(attempt.disk, attempt.attemptNo)
      return found
    })

/** What an earlier attempt found but could not report any more. */
async function auditedBefore(
  { db }: TransferDependencies,
  { backupId, diskId }: AuditDiskInput,
): Promise<AuditedDisk | undefined> {
  const disk = (await disksOfBackup(db, backupId)).find((row) => row.disk_id === diskId)
  if (disk?.audit_result == null) return undefined
  return { result: disk.audit_result, detail: disk.audit_detail ?? '' }
}

async function beginAttempt(
  { db, connections, guard }: TransferDependencies,
  { backupId, diskId }: AuditDiskInput,
): Promise<Attempt> {
  const job = await openJob(db, connections, backupId)
  const disk = await takeAuditAttempt(db, backupId, diskId)
  const attemptNo = disk.attempt_no
  await endStrays({
    stateDir: guard.stateDir,
    shouldEnd: (owner) => owner.jobId === backupId && owner.diskId === diskId && owner.attemptNo < attemptNo,
  })
  return { job, disk, attemptNo }
}

async function audit(
  dependencies: TransferDependencies,
  attempt: Attempt,
  { scope }: AuditDiskInput,
  signal: AbortSignal,
  show: (detail: unknown) => void,
): Promise<AuditedDisk> {
  await using progress = writeProgress(dependencies, attempt, show)
  return await auditAreas(dependencies, attempt, { scope, signal, onProgress: progress.set }).catch(
    (error: unknown) => {
      throw namedByDisk(error, attempt.disk.label, Context.current().info.attempt)
    },
  )
}

const writeEveryMs = 2000
const MiB = 2 ** 20

/** How far it is, in the heartbeat and in the disk's row; disposing waits for the last write. */
function writeProgress(
  { db }: TransferDependencies,
  { job, disk, attemptNo }: Attempt,
  show: (detail: unknown) => void,
): AsyncDisposable & { readonly set: (progress: AuditProgress) => void } {
  const of = { backupId: job.backup.id, diskId: disk.disk_id, attemptNo }
  let latest: string | undefined
  let written: string | undefined
  let writing: Promise<unknown> = Promise.resolve()
  const timer = setInterval(() => {
    if (latest === undefined || latest === written) return
    written = latest
    const detail = latest
    // A database that is away costs a line, never the audit.
    writing = writing.then(() => recordDiskAudit(db, { ...of, result: null, detail }).catch(() => undefined))
  }, writeEveryMs)
  return {
    set: ({ bytesChecked, bytesTotal }) => {
      latest = `${Math.floor(bytesChecked / MiB)} of ${Math.ceil(bytesTotal / MiB)} MiB are read`
      show({ disk: disk.label, attemptNo, bytesChecked, bytesTotal })
    },
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer)
      await writing
    },
  }
}
