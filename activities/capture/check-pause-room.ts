import { whyNoRoom } from '../../domain/rules/pause-limits.js'
import type { CaptureSteps } from '../steps.js'
import type { CaptureDependencies } from './dependencies.js'
import { discoveredForJob, openJob } from './job.js'

/** Safe to run twice: only reads. Says why the snapshot of a paused run must go, where a datastore is short of room. */
export const checkPauseRoom =
  ({ db, connections }: CaptureDependencies): CaptureSteps['checkPauseRoom'] =>
  async ({ backupId }) => {
    const { connection } = await openJob(db, connections, backupId)
    const vm = await discoveredForJob(db, backupId)
    return { whyNoRoom: whyNoRoom(await connection.inventory.datastoresOf(vm)) }
  }
