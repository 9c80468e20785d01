import { WorkflowNotFoundError } from '@temporalio/client'
import type { Client } from '@temporalio/client'

/**
 * Whether this very run of a workflow (or its continuation) is open. Throws where Temporal cannot be asked:
 * nobody's rights end because a network does.
 */
export async function ownerIsOpen(
  client: Client,
  workflowId: string,
  firstRunId: string | null,
): Promise<boolean> {
  try {
    const latest = await client.workflow.getHandle(workflowId).describe()
    if (latest.status.name !== 'RUNNING' && latest.status.name !== 'PAUSED') return false
    if (firstRunId === null || latest.runId === firstRunId) return true
    const first = latest.raw.workflowExtendedInfo?.originalStartTime
    // Another run under the same id: ours only if the chain began with our run.
    return first != null && (latest.raw.workflowExecutionInfo?.firstRunId ?? latest.runId) === firstRunId
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false
    throw error
  }
}
