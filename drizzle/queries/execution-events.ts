import { desc, gte } from 'drizzle-orm'
import type { Db } from '../open.js'
import { protectionFlowExecutions } from '../schema/protection-flow-executions.js'
import { scheduleExecutions } from '../schema/schedule-executions.js'
import { namedExecutions, openExecutions } from './execution-lists.js'
import type { NamedExecution } from './execution-lists.js'
import { withLiveCounters } from './live-counters.js'

const newest = 30

/** All that have not ended, the newest whatever became of them, and those that are asked for by id. */
export const changingExecutions = async (db: Db, watched: readonly string[]): Promise<NamedExecution[]> => {
  const [open, latest] = await Promise.all([
    openExecutions(db),
    db
      .select({ id: protectionFlowExecutions.id })
      .from(protectionFlowExecutions)
      .orderBy(desc(protectionFlowExecutions.created_at), desc(protectionFlowExecutions.id))
      .limit(newest),
  ])
  const known = new Set(open.map(({ execution }) => execution.id))
  const missing = [...new Set([...latest.map(({ id }) => id), ...watched])].filter((id) => !known.has(id))
  return [...(await withLiveCounters(db, open)), ...(await namedExecutions(db, missing))]
}

export interface DecidedDueTime {
  readonly id: string
  readonly flow_id: string
  readonly schedule_id: string | null
  readonly created_at: string
}

const mostDueTimes = 5000

/**
 * What became of due times since a moment, oldest first: their flows have another next run. Of more than `most` the newest:
 * who asks again from the last of them goes on, and never sees the same ones for ever.
 */
export const dueTimesDecidedSince = async (
  db: Db,
  since: string,
  most = mostDueTimes,
): Promise<DecidedDueTime[]> => {
  const newestFirst = await db
    .select({
      id: scheduleExecutions.id,
      flow_id: scheduleExecutions.flow_id,
      schedule_id: scheduleExecutions.schedule_id,
      created_at: scheduleExecutions.created_at,
    })
    .from(scheduleExecutions)
    .where(gte(scheduleExecutions.created_at, since))
    .orderBy(desc(scheduleExecutions.created_at), desc(scheduleExecutions.id))
    .limit(most)
  return newestFirst.toReversed()
}
