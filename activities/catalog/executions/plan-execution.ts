import { Failure } from '../../../domain/failure.js'
import { openExecutionStatuses } from '../../../domain/execution.js'
import type { Execution } from '../../../domain/execution.js'
import type { Flow } from '../../../domain/flow.js'
import { defaultSite } from '../../../domain/rules/names.js'
import type { Db } from '../../../drizzle/open.js'
import { stopOf, underExecutionLock, updateExecution } from '../../../drizzle/queries/execution-changes.js'
import type { FlowExecution } from '../../../drizzle/queries/execution-changes.js'
import { insertItems, itemsOf, recountExecution } from '../../../drizzle/queries/execution-items.js'
import { executionById } from '../../../drizzle/queries/executions.js'
import { flowEvenDeleted } from '../../../drizzle/queries/flows.js'
import { listPlatforms, platformById } from '../../../drizzle/queries/platforms.js'
import { repositoryById } from '../../../drizzle/queries/repositories.js'
import { resolveTarget } from '../../../drizzle/queries/targets.js'
import type { ResolvedTarget, TargetVm } from '../../../drizzle/queries/targets.js'
import { groupById } from '../../../drizzle/queries/vm-groups.js'
import type { PlatformToRefresh } from '../../execution-steps.js'
import type { ControlSteps } from '../../steps.js'
import type { ExecutionDependencies } from './claim-execution.js'

/**
 * Safe to run twice: the target is resolved once, in the transaction that writes the items. Answers the platforms that
 * must be asked first, where there are some; throws, for an operator, why nothing can be run.
 */
export const planExecution =
  ({ db }: Pick<ExecutionDependencies, 'db'>): ControlSteps['planExecution'] =>
  async ({ executionId, isRefreshed }) => {
    const { execution, flow } = await executionAndFlow(db, executionId)
    await checkDestination(db, flow)
    const refresh = isRefreshed ? [] : await platformsToRefresh(db, { execution, flow })
    if (refresh.length > 0) return { refresh }
    const target = await resolvedTarget(db, flow)
    const items = await underExecutionLock(db, executionId, async (tx, { execution }) => {
      const known = await itemsOf(tx, executionId)
      if (known.length > 0) return known.length
      const isOpen = openExecutionStatuses.some((open) => open === execution.status)
      if (!isOpen || stopOf(execution) !== null) throw stopped(executionId)
      const vms = await vmsToRun(tx, execution, target)
      await insertItems(
        tx,
        executionId,
        vms.map(({ context, priority }) => ({
          vm_context_id: context.id,
          vm_name: context.vm_name,
          priority,
        })),
      )
      await recountExecution(tx, executionId)
      return vms.length
    })
    if (items === undefined) throw noExecution(executionId)
    const lanes = items === 1 ? 0 : Math.min(items, Math.max(1, target.group?.max_concurrent_vms ?? 1))
    return { items, lanes, target: target.group?.name ?? target.vms[0]?.context.vm_name ?? '' }
  }

const stopped = (id: string): Failure =>
  new Failure('conflict', `${id} was stopped before it had planned its VMs`, { retry: false })

/** An execution's row with its flow's, however that stands now. */
export async function executionAndFlow(db: Db, executionId: string): Promise<FlowExecution> {
  const execution = await executionById(db, executionId)
  const flow = execution && (await flowEvenDeleted(db, execution.flow_id))
  if (execution === undefined || flow === undefined) throw noExecution(executionId)
  return { execution, flow }
}

export const noExecution = (id: string): Failure =>
  new Failure('not-found', `There is no execution ${id}`, { retry: false, facts: { execution_id: id } })

async function checkDestination(db: Db, flow: Flow): Promise<void> {
  if (flow.flow_type !== 'backup' || flow.repository_id === null)
    throw new Failure('not-available', 'Flows of this type cannot be run yet', { retry: false })
  const repository = await repositoryById(db, flow.repository_id)
  if (repository?.enabled === false)
    throw new Failure('conflict', `Repository ${repository.name} is switched off`, {
      retry: false,
      remedy: 'Switch it on, or choose another repository for the flow.',
    })
}

async function resolvedTarget(db: Db, flow: Flow): Promise<ResolvedTarget> {
  const target = await resolveTarget(db, flow)
  if (target !== undefined) return target
  const what = flow.target_type === 'vm' ? 'VM' : 'group'
  throw new Failure(
    'not-found',
    `The ${what} that the flow protects, ${flow.target_id}, does not exist any more`,
    {
      retry: false,
      remedy: 'Choose another target for the flow, or delete it.',
    },
  )
}

async function vmsToRun(
  tx: Db,
  execution: Execution,
  { group, vms }: ResolvedTarget,
): Promise<readonly TargetVm[]> {
  if (vms.length === 0)
    throw new Failure('conflict', `The group ${group?.name ?? ''} holds no VM`, {
      retry: false,
      remedy: 'Add members to the group, or correct its rules.',
    })
  if (execution.retry_of === null) return vms
  const failed = await itemsOf(tx, execution.retry_of)
  const wanted = new Set(
    failed
      .filter(({ status }) => status !== 'completed' && status !== 'skipped')
      .map((item) => item.vm_context_id),
  )
  const again = vms.filter(({ context }) => wanted.has(context.id))
  if (again.length > 0) return again
  throw new Failure(
    'conflict',
    `None of the VMs that ${execution.retry_of} left is protected by the flow now`,
    {
      retry: false,
      remedy: 'Run the flow as a whole.',
    },
  )
}

/** Those that a group with rules must be asked for afresh; none for other targets. */
async function platformsToRefresh(
  db: Db,
  { execution, flow }: FlowExecution,
): Promise<readonly PlatformToRefresh[]> {
  const group = flow.target_type === 'group' ? await groupById(db, flow.target_id) : undefined
  // A retry takes up what is known: nothing new belongs to it.
  if (group?.rules == null || execution.retry_of !== null) return []
  const only = group.rules.platform_id
  const platforms =
    only === null
      ? (await listPlatforms(db, { limit: 500 })).rows
      : [await platformById(db, only)].filter((platform) => platform !== undefined)
  return platforms.map(({ id, name }) => ({ platformId: id, name, site: defaultSite }))
}

const mostWarnings = 50

/** Safe to run twice: a sentence that stands is not repeated. */
export const warnExecution =
  ({ db }: Pick<ExecutionDependencies, 'db'>): ControlSteps['warnExecution'] =>
  async ({ executionId, warning }) => {
    const { execution } = await executionAndFlow(db, executionId)
    const { warnings } = execution
    if (warnings.includes(warning) || warnings.length >= mostWarnings) return
    await updateExecution(db, executionId, { warnings: [...warnings, warning] })
  }
