import { allowedExecutionActions, stageOfExecution } from '../../../domain/rules/execution-actions.js'
import { backupsByIds } from '../../../drizzle/queries/backups.js'
import { itemsOf, retryOf, unfinishedItems } from '../../../drizzle/queries/execution-lists.js'
import { stepsOf } from '../../../drizzle/queries/job-steps.js'
import { getExecution } from '../../contract/executions.js'
import { route } from '../../route.js'
import { toBackupJobs } from '../../views/backup-job.js'
import { toExecutionResponse } from '../../views/execution.js'
import { temporalUrl } from '../../views/temporal-url.js'
import { findExecution } from './find-execution.js'

const firstItems = 200

export const getExecutionRoute = route(getExecution, async ({ context, params }) => {
  const { db } = context
  const named = await findExecution(db, params.id)
  const { execution } = named
  const [{ items }, steps, unfinished, retry] = await Promise.all([
    itemsOf(db, execution.id, { after: -1, limit: firstItems }),
    stepsOf(db, execution.id),
    unfinishedItems(db, execution.id),
    retryOf(db, execution.id),
  ])
  const backups = await backupsByIds(
    db,
    items.flatMap((item) => item.backup_id ?? []),
  )
  const body = {
    ...toExecutionResponse(named),
    items,
    jobs: await toBackupJobs(db, backups),
    steps,
    temporal_url: temporalUrl(context, execution),
    available_actions: allowedExecutionActions(
      stageOfExecution({ status: execution.status, unfinished, retry }),
    ),
    retried_by: retry?.id ?? null,
  }
  return { status: 200, body }
})
