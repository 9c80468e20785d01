import type { BackupDisk } from '../../domain/backup.js'
import type { Job } from '../capture/job.js'

/** One attempt to copy one disk of a job. */
export interface Attempt {
  readonly job: Job
  readonly disk: BackupDisk
  readonly attemptNo: number
}
