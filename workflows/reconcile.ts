import { log } from '@temporalio/workflow'
import type { ReconcileReport } from '../domain/schedule.js'
import { reconciling } from './steps.js'

/** Compares Temporal's schedules with the flows' rows, repairs what differs and makes up for rings that were lost. */
export async function reconcile(): Promise<ReconcileReport> {
  const report = await reconciling.reconcileSchedules.executeWithOptions(
    { summary: "let Temporal's schedules follow the rows" },
    [{}],
  )
  const { created, updated, removed, silent, failed } = report
  const isQuiet = created + updated + removed + silent.length + failed.length === 0
  if (!isQuiet)
    log.warn(
      `reconcile: ${created} schedules created, ${updated} updated, ${removed} removed; ${silent.length} due times without a ring; ${failed.length} flows failed`,
    )
  return report
}
