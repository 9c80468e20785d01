import { CancellationScope, isCancellation } from '@temporalio/workflow'
import type { VerifyInput, VerifyResult } from '../domain/operations.js'
import { failureView } from './failure-view.js'
import { control, mover } from './steps.js'

/** Reads a whole point again and compares every block with its digest. One that failed says so in the point's row. */
export async function verifyBackup(input: VerifyInput): Promise<VerifyResult> {
  const steps = mover(input.repositoryId, 30)
  try {
    return await steps.verifyBackup.executeWithOptions(
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
  }
}

function reasonOf(error: unknown): string {
  if (isCancellation(error)) return 'The verification was cancelled.'
  const { message, remedy } = failureView(error)
  return `The verification failed: ${message}.${remedy === null ? '' : ` ${remedy}`}`
}
