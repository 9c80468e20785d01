import { workflowInfo } from '@temporalio/workflow'
import type { DeleteBackupInput } from '../domain/operations.js'
import { control, repository } from './steps.js'
import { newUndo } from './undo.js'

/**
 * Removes a point that no other depends on, or the whole chain that it belongs to, newest first: manifest away, row,
 * files. Nothing is touched while one of the points is in use, and nobody begins to use them meanwhile.
 */
export async function deleteBackup(input: DeleteBackupInput): Promise<void> {
  const { workflowId, firstExecutionRunId: runId } = workflowInfo()
  const owner = { workflowId, runId }
  const undo = newUndo()
  undo.push('pins', () => control.releasePins.executeWithOptions({ summary: 'let the points go' }, [owner]))
  try {
    const { points } = await control.pinPoints.executeWithOptions(
      { summary: `make sure that nobody uses ${input.backupId}${input.chain ? ' or its chain' : ''}` },
      [{ ...owner, point: input.backupId, chain: input.chain ?? false, purpose: 'delete' }],
    )
    await repository(input.repositoryId).deletePoint.executeWithOptions(
      { summary: `delete ${points.length} point(s) of ${input.vmName}` },
      [{ ...input, ...owner, points }],
    )
  } finally {
    await undo.run()
  }
}
