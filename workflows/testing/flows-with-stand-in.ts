import { proxyActivities } from '@temporalio/workflow'
import type { BackupInput } from '../../domain/backup.js'
import type { BackupResult } from '../../domain/operations.js'

/** The real runs and lanes, whose backups are one step that a test scripts. */
export { flowLane as 'flow-lane' } from '../flow-lane.js'
export { runFlow as 'run-flow' } from '../run-flow.js'

const { standIn } = proxyActivities<{ standIn(input: BackupInput): Promise<BackupResult> }>({
  startToCloseTimeout: '5m',
  heartbeatTimeout: '10s',
  retry: { maximumAttempts: 1 },
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
})

const backupVm = (input: BackupInput): Promise<BackupResult> => standIn(input)
export { backupVm as 'backup-vm' }
