import { restBeforeLine } from '../../../domain/rules/before-the-line.js'
import type { Db } from '../../../drizzle/open.js'
import type { FlowExecution } from '../../../drizzle/queries/execution-changes.js'
import { crowdOf } from '../../../drizzle/queries/full-resources.js'
import type { Rest } from '../../execution-steps.js'
import type { SlotLimits } from '../wanted-slots.js'

/** Where a crowd stands in line for the flow's repository already, its execution rests; null: it goes on. */
export async function restInCrowd(
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
