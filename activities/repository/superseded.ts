import type { BackupDisk } from '../../domain/backup.js'
import { Failure } from '../../domain/failure.js'

/** An attempt that finds a newer one in its place must not touch a file any more. */
export const superseded = (disk: Pick<BackupDisk, 'label'>, attemptNo: number): Failure =>
  new Failure('attempt-superseded', `A newer attempt copies ${disk.label}; attempt ${attemptNo} steps back`, {
    retry: false,
    facts: { disk: disk.label, attempt_no: attemptNo },
    remedy: 'Nothing has to be done: the newer attempt goes on.',
  })
