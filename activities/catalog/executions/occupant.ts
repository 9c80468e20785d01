import { workflowIds } from '../../../domain/rules/names.js'
import type { Db } from '../../../drizzle/open.js'
import { backupById } from '../../../drizzle/queries/backups.js'
import { itemAt } from '../../../drizzle/queries/execution-items.js'
import { executionById } from '../../../drizzle/queries/executions.js'
import { flowEvenDeleted } from '../../../drizzle/queries/flows.js'
import { repositoryById } from '../../../drizzle/queries/repositories.js'
import type { SettleItemInput } from '../../execution-steps.js'

/** The backup that an open run works for; null when none is open, or it has not said. */
export type AskWhoRuns = (workflowId: string) => Promise<string | null>

/** Who works on a busy VM. */
export interface Occupant {
  readonly who: string
  readonly sameRepository: boolean
}

/** Null where nobody is known to. */
export async function occupantOf(
  db: Db,
  whoRuns: AskWhoRuns,
  input: SettleItemInput,
): Promise<Occupant | null> {
  const mine = await itemContext(db, input)
  if (mine === null) return null
  const runs = await whoRuns(workflowIds.backup(mine.vmContextId))
  const backup = runs === null ? undefined : await backupById(db, runs)
  if (backup === undefined) return runs === null ? null : { who: runs, sameRepository: false }
  const repository = (await repositoryById(db, backup.repository_id))?.name ?? String(backup.repository_id)
  return {
    who: `${backup.id} (by ${backup.created_by}, to ${repository})`,
    sameRepository: backup.repository_id === mine.repositoryId,
  }
}

async function itemContext(
  db: Db,
  { executionId, position }: SettleItemInput,
): Promise<{ readonly vmContextId: string; readonly repositoryId: number | null } | null> {
  const item = await itemAt(db, executionId, position)
  const execution = item && (await executionById(db, executionId))
  const flow = execution && (await flowEvenDeleted(db, execution.flow_id))
  return item && flow ? { vmContextId: item.vm_context_id, repositoryId: flow.repository_id } : null
}
