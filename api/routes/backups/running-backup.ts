import { setTimeout as sleep } from 'node:timers/promises'
import { workflowIds } from '../../../domain/rules/names.js'
import { backupById } from '../../../drizzle/queries/backups.js'
import type { ApiContext } from '../../context.js'
import { isOpen } from '../../views/backup-job.js'
import { openJobOf } from '../../workflow-calls.js'

/** A run records its job's end as its last step; between that and its own end lie moments, on a busy machine a second. */
const closesWithinMs = 5000
const lookEveryMs = 50

/** The job that keeps the VM busy, or null. A run whose job has ended is waited for: it is over for whoever asks. */
export async function runningBackup(
  { db, temporal }: Pick<ApiContext, 'db' | 'temporal'>,
  vmContextId: string,
): Promise<string | null> {
  const deadline = performance.now() + closesWithinMs
  for (;;) {
    const running = await openJobOf(temporal, workflowIds.backup(vmContextId))
    if (running === null) return null
    const backup = await backupById(db, running)
    if (backup === undefined || isOpen(backup) || performance.now() > deadline) return running
    await sleep(lookEveryMs)
  }
}
