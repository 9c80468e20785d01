import type { CaptureSteps } from '../steps.js'
import type { CaptureDependencies } from './dependencies.js'
import { openJob } from './job.js'

/** Safe to run twice: ensures that no snapshot of this job's token is left. */
export const removeSnapshot =
  ({ db, connections }: CaptureDependencies): CaptureSteps['removeSnapshot'] =>
  async ({ backupId }) => {
    const { backup, context, source } = await openJob(db, connections, backupId)
    await source.removeSnapshot(context.instance_uuid, backup.snapshot_token)
  }
