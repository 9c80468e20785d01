import { workflowInfo } from '@temporalio/workflow'
import type { BackupInput } from '../../domain/backup.js'
import type { BackupResult } from '../../domain/operations.js'
import { takeLease, takeSlots, undoSlots } from '../in-turn.js'
import { capture, control } from '../steps.js'
import { newUndo } from '../undo.js'

/**
 * Stands in for `backup-vm` where thousands of VMs are run only to see how they are shared out: everything of a backup
 * that concerns others (its row, the VM's lease, places), and no disk. The point that it records has no files.
 */
export async function quickBackup(input: BackupInput): Promise<BackupResult> {
  const { workflowId, firstExecutionRunId: runId } = workflowInfo()
  const { backupId } = input
  const undo = newUndo()
  const claimed = await control.claimBackup.executeWithOptions({ summary: 'claim the job' }, [
    { backupId, workflowId, runId, backup: input },
  ])
  try {
    await takeLease({ input, undo })
    undoSlots({ input, undo })
    await capture(claimed.site).discoverVm.executeWithOptions({ summary: `discover ${input.vmName}` }, [
      { backupId },
    ])
    await takeSlots({ input })
  } finally {
    await undo.run()
  }
  await control.finishBackup.executeWithOptions({ summary: 'record the end' }, [
    { backupId, status: 'completed', cleanup: 'done', error: null },
  ])
  return { backupId, bytesRead: 0, bytesStored: 0 }
}
