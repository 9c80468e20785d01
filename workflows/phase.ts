import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow'
import type { BackupInput } from '../domain/backup.js'
import { searchAttributes } from './messages.js'

/** Shows in the Temporal UI what a backup does now: `OpState` in lists, a sentence in the run's details. */
export function phase(input: BackupInput, state: string, details: string): void {
  setCurrentDetails(
    `**${input.vmName}** → repository ${input.repositoryId}, job \`${input.backupId}\`\n\n${details}`,
  )
  upsertSearchAttributes([{ key: searchAttributes.opState, value: state }])
}
