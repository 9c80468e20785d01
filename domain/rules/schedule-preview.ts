import type { Cron } from './cron.js'
import { localTime } from './due-times.js'
import { oddTimes } from './odd-times.js'
import { dueInWindow } from './window-times.js'
import type { Hours } from './window.js'

export interface PreviewedRun {
  /** ISO 8601, UTC. */
  readonly at: string
  /** `2026-03-29 03:30`, on the zone's clocks. */
  readonly local: string
  /** `+02:00` */
  readonly offset: string
}

export interface PreviewedRuns {
  readonly runs: readonly PreviewedRun[]
  /** What the zone's clocks do to them, for people. */
  readonly notes: readonly string[]
}

const wanted = 10

/**
 * The next ten due times after a moment, those in a flow's window where it has one, and what a change of the zone's
 * clocks does to them.
 */
export function schedulePreview(cron: Cron, hours: Hours, now: Date): PreviewedRuns {
  const { timezone } = hours
  const due = dueInWindow(cron, hours, { after: now, most: wanted })
  const runs = due.map((at) => ({ at: at.toISOString(), ...localTime(at, timezone) }))
  const notes = [...clockChanges(runs, timezone), ...oddTimes(cron, hours, now, due)]
  if (runs.length < wanted) notes.push(`Only ${runs.length} due times${inWindow(hours)} within 40 years.`)
  return { runs, notes }
}

const inWindow = ({ window_start: start, window_end: end }: Hours): string =>
  start === null || end === null ? '' : ` in the window ${start} to ${end}`

const clockChanges = (runs: readonly PreviewedRun[], timezone: string): string[] =>
  runs.slice(1).flatMap((run, index) => {
    const before = runs[index]
    if (before === undefined || before.offset === run.offset) return []
    return `The clocks of ${timezone} change from ${before.offset} to ${run.offset} between the runs of ${before.local} and ${run.local}.`
  })
