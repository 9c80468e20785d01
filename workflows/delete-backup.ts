import type { DeleteBackupInput } from '../domain/operations.js'
import { repository } from './steps.js'

/** Removes a point that no other depends on: manifest away, row, files. */
export async function deleteBackup(input: DeleteBackupInput): Promise<void> {
  const steps = repository(input.repositoryId)
  await steps.deletePoint.executeWithOptions({ summary: `delete ${input.backupId} of ${input.vmName}` }, [
    input,
  ])
}
