import type { Db } from '../../drizzle/open.js'
import { deleteBackupRow } from '../../drizzle/queries/backup-changes.js'
import { pointlessBackups } from '../../drizzle/queries/backup-history.js'
import type { EndedJob } from '../../drizzle/queries/backup-history.js'
import {
  beyond,
  crowdedDueTimes,
  crowdedFlows,
  decidedBefore,
  endedBefore,
  pruneDueTimes,
  pruneExecutions,
} from '../../drizzle/queries/execution-history.js'
import { pruneSteps } from '../../drizzle/queries/job-steps.js'
import { beating } from '../beating.js'
import type { HistorySteps, PrunedHistory } from '../history-steps.js'

export interface HistoryLimits {
  readonly days: number
  /** The newest so many of each flow. */
  readonly runs: number
}

export interface HistoryDependencies {
  readonly db: Db
  readonly now: () => Date
  readonly limits: HistoryLimits
  /** Rows of one statement; the tests want small ones. */
  readonly batch?: number
}

const dayMs = 24 * 3600 * 1000
/** A transaction of at most so many executions, or of so many items, which go with them. */
const rowsAtOnce = 500
const itemsAtOnce = 10_000
/** What one step removes; its workflow asks again while there is more. */
const batchesAtOnce = 20
/** A due time may be caught up with for seven days: its row says that it was decided, however many came since. */
const youngestDueTimeDays = 14

/** Safe to run twice: removes what is too old or too much, in small transactions, and never what is open or a point. */
export const pruneHistory =
  (dependencies: HistoryDependencies): HistorySteps['pruneHistory'] =>
  () =>
    beating(async (signal) => {
      const left = { batches: batchesAtOnce }
      /** Again and again until nothing went, or enough has for one step. */
      const drain = async (once: () => Promise<number>): Promise<number> => {
        let total = 0
        while (left.batches > 0) {
          signal.throwIfAborted()
          const gone = await once()
          // A look that found nothing costs nothing: flows whose last rows are kept must not hide those behind them.
          if (gone === 0) return total
          left.batches -= 1
          total += gone
        }
        return total
      }
      const { executions, steps } = await pruneOfFlows(dependencies, drain)
      const dueTimes = await pruneDecided(dependencies, drain)
      const backups = await pruneBackups(dependencies, drain)
      const strays = await pruneStrays(dependencies, drain)
      return { executions, steps: steps + strays, dueTimes, backups, more: left.batches === 0 }
    })

type Drain = (once: () => Promise<number>) => Promise<number>

const beforeDays = ({ now }: HistoryDependencies, days: number): string =>
  new Date(now().getTime() - days * dayMs).toISOString()

async function pruneOfFlows(
  dependencies: HistoryDependencies,
  drain: Drain,
): Promise<Pick<PrunedHistory, 'executions' | 'steps'>> {
  const { db, limits, batch = rowsAtOnce } = dependencies
  let steps = 0
  const once = (which: ReturnType<typeof endedBefore>) => async (): Promise<number> => {
    const gone = await pruneExecutions(db, which, { most: batch, mostItems: itemsAtOnce })
    steps += gone.steps
    return gone.executions
  }
  let executions = await drain(once(endedBefore(beforeDays(dependencies, limits.days))))
  for (const bound of await crowdedFlows(db, limits.runs)) executions += await drain(once(beyond(bound)))
  return { executions, steps }
}

async function pruneDecided(dependencies: HistoryDependencies, drain: Drain): Promise<number> {
  const { db, limits, batch = rowsAtOnce } = dependencies
  const young = beforeDays(dependencies, youngestDueTimeDays)
  const old = beforeDays(dependencies, Math.max(limits.days, youngestDueTimeDays))
  let gone = await drain(() => pruneDueTimes(db, decidedBefore(old), batch))
  for (const bound of await crowdedDueTimes(db, limits.runs, young))
    gone += await drain(() => pruneDueTimes(db, bound, batch))
  return gone
}

async function pruneBackups(dependencies: HistoryDependencies, drain: Drain): Promise<number> {
  const { db, limits, batch = rowsAtOnce } = dependencies
  const before = beforeDays(dependencies, limits.days)
  let after: EndedJob | null = null
  let deleted = 0
  // Counted by what was looked at: one that somebody holds must not end it.
  await drain(async () => {
    const rows = await pointlessBackups(db, before, { after, most: batch })
    for (const { id } of rows) if ((await deleteBackupRow(db, id)) === 'deleted') deleted += 1
    after = rows.at(-1) ?? after
    return rows.length
  })
  return deleted
}

/** Steps of jobs that are no more and that no sweep has found: a sweep looks at the latest two weeks. */
const pruneStrays = (dependencies: HistoryDependencies, drain: Drain): Promise<number> => {
  const { db, limits, batch = rowsAtOnce } = dependencies
  return drain(() => pruneSteps(db, { before: beforeDays(dependencies, limits.days), most: batch }))
}
