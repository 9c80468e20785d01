import { Failure } from '../../domain/failure.js'
import type { Snapshot, SnapshotDisk } from '../platforms/platform.js'
import type { Attempt } from './attempt.js'

/** The disk in the job's snapshot. Throws `snapshot-gone` where somebody removed or changed it. */
export async function frozenDisk({
  job,
  disk,
}: Attempt): Promise<{ snapshot: Snapshot; frozen: SnapshotDisk }> {
  const { backup, context, source } = job
  const snapshot = await source.findSnapshot(context.instance_uuid, backup.snapshot_token)
  const frozen = snapshot?.disks.find((candidate) => candidate.backingUuid === disk.backing_uuid)
  if (snapshot !== undefined && frozen !== undefined) return { snapshot, frozen }
  throw new Failure('snapshot-gone', `The snapshot of ${backup.vm_name} no longer holds ${disk.label}`, {
    retry: false,
    remedy: 'Somebody removed it or changed the disk; start the backup again.',
  })
}
