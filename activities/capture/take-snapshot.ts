import { setDiskPlan } from '../../drizzle/queries/backup-disks.js'
import { updateBackup } from '../../drizzle/queries/backup-changes.js'
import { forgetCopies } from '../../drizzle/queries/backup-pauses.js'
import { openBackupStatuses } from '../../drizzle/queries/backups.js'
import type { CaptureSteps } from '../steps.js'
import { addWarning } from './add-warning.js'
import type { CaptureDependencies } from './dependencies.js'
import { discoveredForJob, disksForJob, openJob } from './job.js'

/** Safe to run twice: a snapshot, or a running task, of this job's token is adopted. */
export const takeSnapshot =
  ({ db, connections }: CaptureDependencies): CaptureSteps['takeSnapshot'] =>
  async ({ backupId }) => {
    const { backup, source } = await openJob(db, connections, backupId)
    const vm = await discoveredForJob(db, backupId)
    const snapshot = await source.takeSnapshot(vm, {
      token: backup.snapshot_token,
      description: `Sendense backup ${backupId}; removed when the backup ends`,
      quiesce: backup.quiesce,
    })
    // Nothing that was copied from an earlier moment may stand beside what this one holds.
    const earlier = backup.snapshot_reference
    if (earlier !== null && earlier !== snapshot.reference) await forgetCopies(db, backupId)
    await updateBackup(
      db,
      backupId,
      {
        snapshot_reference: snapshot.reference,
        snapshot_taken_at: snapshot.takenAt,
        consistency: snapshot.consistency,
      },
      openBackupStatuses,
    )
    for (const disk of await disksForJob(db, backupId)) {
      const frozen = snapshot.disks.find((candidate) => candidate.backingUuid === disk.backing_uuid)
      if (frozen)
        await setDiskPlan(db, {
          backupId,
          diskId: disk.disk_id,
          changeId: frozen.changeId,
          readMode: disk.read_mode,
          readReason: disk.read_reason,
        })
    }
    if (backup.quiesce === 'prefer' && snapshot.consistency === 'crash')
      await addWarning(db, backupId, `${vm.name} could not be quiesced: the point is crash-consistent.`)
    return { reference: snapshot.reference, consistency: snapshot.consistency, adopted: snapshot.adopted }
  }
