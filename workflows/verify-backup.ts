import type { VerifyInput, VerifyResult } from '../domain/operations.js'
import { mover } from './steps.js'

/** Reads a whole point again and compares every block with its digest. */
export async function verifyBackup(input: VerifyInput): Promise<VerifyResult> {
  const steps = mover(input.repositoryId, 30)
  return await steps.verifyBackup.executeWithOptions(
    { summary: `verify ${input.backupId} of ${input.vmName}` },
    [input],
  )
}
