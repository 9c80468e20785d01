import type { DiscoverInput, DiscoverResult } from '../domain/operations.js'
import { workflowIds, workflowTypes } from '../domain/rules/names.js'
import type { DiscoveredVm } from '../domain/vm.js'
import { discoveryResult } from '../drizzle/queries/discovered-vms.js'
import type { ApiContext } from './context.js'
import { randomId } from './ids.js'
import { askWorkflow } from './workflow-calls.js'
import type { Outcome } from './workflow-calls.js'

export const newDiscoveryId = (): string => randomId('discover')

/** Asks a platform through the `discover` workflow and reads what it found; not done when the wait is over. */
export async function runDiscovery(
  context: ApiContext,
  input: DiscoverInput,
  where: string,
): Promise<Outcome<readonly DiscoveredVm[]>> {
  const outcome = await askWorkflow<DiscoverResult>(
    context.temporal,
    {
      type: workflowTypes.discover,
      workflowId: workflowIds.discover(input.requestId),
      input,
      summary: `Discover ${input.filter ?? 'all VMs'} on ${where}`,
      opKind: 'discover',
      whenRunning: 'fail',
    },
    context.waits.discoverMs,
  )
  if (!outcome.done) return outcome
  return { done: true, result: await discoveryResult(context.db, input.requestId) }
}
