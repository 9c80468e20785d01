import type { ExecutionStatus } from '../execution.js'
import type { Flow } from '../flow.js'
import type { Schedule } from '../schedule.js'
import { localTime } from './due-times.js'
import { isInWindow } from './window.js'

/** What decides about a flow's due times; all moments in milliseconds. */
export interface TickFacts {
  readonly now: number
  readonly flow: Pick<
    Flow,
    | 'enabled'
    | 'deleted_at'
    | 'overlap_policy'
    | 'missed_run_policy'
    | 'catchup_limit_minutes'
    | 'window_start'
    | 'window_end'
  >
  readonly schedule: Pick<Schedule, 'enabled' | 'jitter_seconds' | 'timezone'> | null
  /** The latest due time of the schedule up to now; null where there is none. */
  readonly latestDue: number | null
  /** Due times up to here were accounted for before: what is asked about only now was lost, or never rang. */
  readonly rungUntil: number | null
  readonly allPaused: { readonly by: string; readonly since: string; readonly reason: string | null } | null
  readonly open: { readonly id: string; readonly status: ExecutionStatus } | null
  /** Executions that wait for the open one. */
  readonly queued: number
  /** A ring that comes later than this, jitter apart, is late. */
  readonly lateSeconds: number
}

export interface TickVerdict {
  readonly outcome: 'run' | 'queue' | 'skip' | 'missed'
  /** For an operator: why it did not simply start on time; null where it did. */
  readonly reason: string | null
}

/** More than so many runs that wait tell that the flow cannot keep up: the next ones are skipped. */
export const longestQueue = 10

/** Whether a due time that is decided about now has been rung for too late, jitter apart. */
export const isLate = (
  nominal: number,
  { now, schedule, lateSeconds }: Pick<TickFacts, 'now' | 'schedule' | 'lateSeconds'>,
): boolean => now - nominal > (lateSeconds + (schedule?.jitter_seconds ?? 0)) * 1000

/**
 * What becomes of one due time. Late ones go by the missed-run policy: with `run_once` only the latest runs, whoever
 * rings first; with `run_all` each runs or waits its turn, whatever the overlap policy says of rings on time.
 */
export function decideTick(nominal: number, facts: TickFacts): TickVerdict {
  const off = whyOff(facts)
  if (off !== null) return { outcome: 'skip', reason: off }
  const late = isLate(nominal, facts)
  const lost = late ? whyLost(nominal, facts) : null
  if (lost !== null) return { outcome: 'missed', reason: lost }
  const held = whyHeld(facts)
  if (held !== null) return { outcome: 'skip', reason: held }
  if (!late) return besideOpen(facts, null)
  const { missed_run_policy: policy } = facts.flow
  if (policy === 'run_once' && facts.latestDue !== null && nominal < facts.latestDue)
    return { outcome: 'missed', reason: madeUpForBy(nominal, facts.latestDue, facts) }
  const reason = `Made up for: it was due at ${shown(nominal, facts)} and rang ${lasting(facts.now - nominal)} late`
  if (policy === 'run_all' && facts.open !== null)
    return { outcome: 'queue', reason: `${reason}; it waits for ${nameOf(facts.open)}` }
  return besideOpen(facts, reason)
}

function whyOff({ flow, schedule }: TickFacts): string | null {
  if (flow.deleted_at !== null) return 'The flow was deleted'
  if (!flow.enabled) return 'The flow is disabled'
  if (schedule === null) return 'The flow has no schedule any more'
  return schedule.enabled ? null : 'The schedule is disabled'
}

function whyLost(nominal: number, facts: TickFacts): string | null {
  const { flow, now, rungUntil } = facts
  const due = `It was due at ${shown(nominal, facts)}`
  const age = lasting(now - nominal)
  if (now - nominal > flow.catchup_limit_minutes * 60_000)
    return `${due}, ${age} ago: longer than the flow's catch-up limit of ${flow.catchup_limit_minutes} min`
  if (flow.missed_run_policy === 'skip') return `${due} and rang ${age} late; the flow skips missed runs`
  if (rungUntil !== null && nominal <= rungUntil)
    return `${due}, before the flow was enabled or its schedule was changed; that is not made up for`
  return null
}

function whyHeld({ allPaused, flow, schedule, now }: TickFacts): string | null {
  if (allPaused !== null) {
    const why = allPaused.reason === null ? '' : ` (${allPaused.reason})`
    return `All flows are paused by ${allPaused.by} since ${allPaused.since}${why}`
  }
  const timezone = schedule?.timezone ?? 'UTC'
  if (isInWindow({ ...flow, timezone }, new Date(now))) return null
  return `Outside the flow's window, ${flow.window_start} to ${flow.window_end} (${timezone})`
}

function besideOpen({ flow, open, queued }: TickFacts, reason: string | null): TickVerdict {
  if (open === null) return { outcome: 'run', reason }
  const busy = `${nameOf(open)} is still ${open.status}`
  if (flow.overlap_policy === 'skip') return { outcome: 'skip', reason: busy }
  if (queued >= longestQueue)
    return { outcome: 'skip', reason: `${busy} and ${queued} more wait already: the flow cannot keep up` }
  return { outcome: 'queue', reason: reason === null ? busy : `${reason}; ${busy}` }
}

const madeUpForBy = (nominal: number, latest: number, facts: TickFacts): string =>
  `It was due at ${shown(nominal, facts)} and rang late; made up for by the run of ${shown(latest, facts)}`

const nameOf = ({ id }: { readonly id: string }): string => `execution ${id}`

function shown(at: number, { schedule }: TickFacts): string {
  const timezone = schedule?.timezone ?? 'UTC'
  return `${localTime(new Date(at), timezone).local} ${timezone}`
}

/** `40 s`, `12 min`, `3 h 5 min`. */
function lasting(spanMs: number): string {
  const seconds = Math.round(spanMs / 1000)
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 120) return `${minutes} min`
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

export interface DecidedDueTime extends TickVerdict {
  readonly nominal: number
}

/** Decides about several due times of one flow, oldest first; each sees what those before it began. */
export function decideDueTimes(
  nominals: readonly number[],
  facts: TickFacts,
  nextExecution: () => string,
): (DecidedDueTime & { readonly executionId: string | null })[] {
  let { open, queued } = facts
  return [...nominals]
    .sort((a, b) => a - b)
    .map((nominal) => {
      const verdict = decideTick(nominal, { ...facts, open, queued })
      if (verdict.outcome !== 'run' && verdict.outcome !== 'queue')
        return { nominal, ...verdict, executionId: null }
      const executionId = nextExecution()
      if (open === null) open = { id: executionId, status: 'pending' }
      else queued += 1
      return { nominal, ...verdict, executionId }
    })
}
