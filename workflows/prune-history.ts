import type { PrunedHistory } from '../activities/history-steps.js'
import { history } from './steps.js'

/** Steps of one run: what is left after so many is for tomorrow. */
const mostSteps = 100

/** Removes history that is too old or too much, and reports how much of each kind went. */
export async function pruneHistory(): Promise<PrunedHistory> {
  let total: PrunedHistory = { executions: 0, steps: 0, dueTimes: 0, backups: 0, more: true }
  for (let step = 0; step < mostSteps && total.more; step += 1) {
    const gone = await history.pruneHistory.executeWithOptions(
      { summary: 'remove executions, due times and failed backups that are too old or too many' },
      [{}],
    )
    total = {
      executions: total.executions + gone.executions,
      steps: total.steps + gone.steps,
      dueTimes: total.dueTimes + gone.dueTimes,
      backups: total.backups + gone.backups,
      more: gone.more,
    }
  }
  return total
}
