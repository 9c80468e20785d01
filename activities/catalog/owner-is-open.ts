import { WorkflowNotFoundError } from '@temporalio/client'
import type { Client, WorkflowExecutionDescription } from '@temporalio/client'
import { defineSearchAttributeKey } from '@temporalio/common'
import type { LeaseOwner } from '../../drizzle/queries/lease-owner.js'

const jobIdKey = defineSearchAttributeKey('JobId', 'KEYWORD')

/**
 * Whether this very run of a workflow (or its continuation, or its reset) is open. Throws where Temporal cannot be
 * asked: nobody's rights end because a network does.
 */
export async function ownerIsOpen(client: Client, workflowId: string, firstRunId: string): Promise<boolean> {
  const open = await openRunOf(client, workflowId)
  if (open === undefined) return false
  return open.runId === firstRunId || open.raw.workflowExecutionInfo?.firstRunId === firstRunId
}

/**
 * Whether an open run under this id may be about to claim the job: it names the job, or has named none yet. Throws
 * where Temporal cannot be asked.
 */
export async function mayBeClaimed(client: Client, workflowId: string, jobId: string): Promise<boolean> {
  const open = await openRunOf(client, workflowId)
  if (open === undefined) return false
  const named = open.typedSearchAttributes.get(jobIdKey)
  return named === undefined || named === jobId
}

const executionIdKey = defineSearchAttributeKey('ExecutionId', 'KEYWORD')

/** The same for an execution of a flow. */
export async function mayClaimExecution(
  client: Client,
  workflowId: string,
  executionId: string,
): Promise<boolean> {
  const open = await openRunOf(client, workflowId)
  if (open === undefined) return false
  const named = open.typedSearchAttributes.get(executionIdKey)
  return named === undefined || named === executionId
}

/** Whether any run under this id is open. Throws where Temporal cannot be asked. */
export const isOpenNow = async (client: Client, workflowId: string): Promise<boolean> =>
  (await openRunOf(client, workflowId)) !== undefined

/** The job that an open run works for, or the run's own id where it has named none; null when none is open. */
export async function jobOfOpenRun(client: Client, workflowId: string): Promise<string | null> {
  const open = await openRunOf(client, workflowId)
  return open === undefined ? null : (open.typedSearchAttributes.get(jobIdKey) ?? workflowId)
}

/** Whether the run that holds or waits is open. */
export type AskOpen = (owner: LeaseOwner) => Promise<boolean>

const believedMs = 3000

/**
 * Asks as `ownerIsOpen` does and believes a yes for some seconds: many may wait for the same holder. Who cannot be
 * asked about is taken for open, so whoever waits waits on.
 */
export function askOpenOwners(client: Client, now: () => Date): AskOpen {
  const seen = new Map<string, number>()
  return async ({ workflowId, runId }) => {
    const at = now().getTime()
    for (const [owner, since] of seen) if (at - since >= believedMs) seen.delete(owner)
    const owner = `${workflowId}/${runId}`
    if (seen.has(owner)) return true
    const isOpen = await ownerIsOpen(client, workflowId, runId).catch(() => undefined)
    if (isOpen === true) seen.set(owner, at)
    return isOpen !== false
  }
}

async function openRunOf(
  client: Client,
  workflowId: string,
): Promise<WorkflowExecutionDescription | undefined> {
  try {
    const latest = await client.workflow.getHandle(workflowId).describe()
    return latest.status.name === 'RUNNING' || latest.status.name === 'PAUSED' ? latest : undefined
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined
    throw error
  }
}
