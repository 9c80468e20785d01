import { restBeforeLine } from '../../../domain/rules/before-the-line.js'
import type { Db } from '../../../drizzle/open.js'
import type { FlowExecution } from '../../../drizzle/queries/execution-changes.js'
import { crowdOf, executionsInto } from '../../../drizzle/queries/full-resources.js'
import type { Rest } from '../../execution-steps.js'
import type { SlotLimits } from '../wanted-slots.js'

/** Whether an execution rests before it plans: so many others into its repository are under way. Null: it goes on. */
export async function restBeforePlan(tx: Db, repositoryId: number, limits: SlotLimits): Promise<Rest | null> {
  const { into, executions } = await executionsInto(tx, repositoryId)
  const others = into - 1
  const ms = restBeforeLine({ open: others, executions, places: limits.repository, waitedMs: 0 })
  return ms === null ? null : { ms, reason: `${others} executions into its repository are under way` }
}

/** The same before a VM is begun: a crowd stands in line for the repository. */
export async function restBeforeVm(
  tx: Db,
  { execution, flow }: FlowExecution,
  limits: SlotLimits,
  at: string,
): Promise<Rest | null> {
  const crowd = await crowdOf(tx, flow.repository_id ?? 0)
  const waitedMs = Date.parse(at) - Date.parse(execution.started_at ?? at)
  const ms = restBeforeLine({ ...crowd, places: limits.repository, waitedMs })
  return ms === null ? null : { ms, reason: `${crowd.open} backups into its repository run or stand in line` }
}
