import { CancellationScope, isCancellation, workflowInfo } from '@temporalio/workflow'
import type { VerifyInput, VerifyResult } from '../domain/operations.js'
import { failureView } from './failure-view.js'
import { control, mover } from './steps.js'
import { newUndo } from './undo.js'

/**
 * Reads a whole point again and compares every block with its digest. One that failed says so in the point's row. The
 * point is pinned meanwhile; what it is stored over stays because it has a child.
 */
export async function verifyBackup(input: VerifyInput): Promise<VerifyResult> {
  const { workflowId, firstExecutionRunId: runId } = workflowInfo()
  const owner = { workflowId, runId }
  const undo = newUndo()
  undo.push('pins', () => control.releasePins.executeWithOptions({ summary: 'let the point go' }, [owner]))
  try {
    await control.pinPoints.executeWithOptions({ summary: `keep ${input.backupId} while it is read` }, [
      { ...owner, point: input.backupId, chain: false, purpose: 'verify' },
    ])
    return await mover(input.repositoryId, 30).verifyBackup.executeWithOptions(
      { summary: `verify ${input.backupId} of ${input.vmName}` },
      [input],
    )
  } catch (error) {
    await CancellationScope.nonCancellable(() =>
      control.recordUnverified.executeWithOptions({ summary: 'record that it could not be verified' }, [
        { backupId: input.backupId, reason: reasonOf(error) },
      ]),
    )
    throw error
  } finally {
    await undo.run()
  }
}

function reasonOf(error: unknown): string {
  if (isCancellation(error)) return 'The verification was cancelled.'
  const { message, remedy } = failureView(error)
  return `The verification failed: ${message}.${remedy === null ? '' : ` ${remedy}`}`
}
