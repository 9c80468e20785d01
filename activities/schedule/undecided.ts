import type { Flow } from '../../domain/flow.js'
import { isLate } from '../../domain/rules/decide-tick.js'
import type { TickFacts } from '../../domain/rules/decide-tick.js'
import { parseCron } from '../../domain/rules/cron.js'
import { latestDue, newestDue } from '../../domain/rules/due-times.js'
import type { Schedule } from '../../domain/schedule.js'
import type { Db } from '../../drizzle/open.js'
import { readAllPaused } from '../../drizzle/queries/all-paused.js'
import { decidedWithin, openExecutionsOf } from '../../drizzle/queries/schedule-executions.js'

/** What a ring decides about, or a look whether rings were lost. */
export interface Asked {
  readonly flowId: string
  /** The due time that rings; null where nobody rang. */
  readonly nominal: Date | null
  /** Due times before it whose own ring is so late are decided about, too. */
  readonly lateSeconds: number
}

/** A flow whose row is held, and the moment. */
export interface Scene {
  readonly flow: Flow
  readonly schedule: Schedule | null
  readonly asked: Asked
  readonly now: Date
}

/** More due times that nobody rang for leave no row each. */
const mostLost = 200

export interface Undecided {
  /** What is to be decided now, oldest first. */
  readonly nominals: readonly number[]
  readonly rungUntil: number | null
}

/** What is to be decided, and up to when all is accounted for then. */
export async function undecided(tx: Db, scene: Scene): Promise<Undecided> {
  const { flow, schedule, asked, now } = scene
  const asking = asked.nominal?.getTime() ?? null
  const own = asking === null ? [] : [asking]
  const rung = flow.rung_until === null ? null : Date.parse(flow.rung_until)
  // What passes while it is off is nobody's loss.
  if (schedule === null || !rings(flow, schedule)) return { nominals: own, rungUntil: rung }
  const due = rung === null ? [] : dueSince(rung, { schedule, now })
  const decided = await decidedAmong(tx, flow.id, due, asking)
  const missing = due.filter((at) => at !== asking && !decided.has(at))
  const late = missing.filter((at) => isLate(at, { ...asked, schedule, now: now.getTime() }))
  // Its own ring is on the way.
  const awaited = missing.find((at) => !late.includes(at))
  const last = Math.max(rung ?? 0, asking ?? 0, due.at(-1) ?? 0)
  const rungUntil = awaited === undefined ? last : Math.max(rung ?? 0, awaited - 1)
  return { nominals: [...late, ...own], rungUntil: rungUntil === 0 ? null : rungUntil }
}

const rings = (flow: Flow, schedule: Schedule): boolean =>
  flow.enabled && flow.deleted_at === null && schedule.enabled

function dueSince(
  rung: number,
  { schedule, now }: { readonly schedule: Schedule; readonly now: Date },
): number[] {
  const { cron } = parseCron(schedule.cron_expression)
  if (cron === null) return []
  const span = { after: new Date(rung), until: now, most: mostLost }
  return newestDue(cron, schedule.timezone, span).map((at) => at.getTime())
}

async function decidedAmong(
  tx: Db,
  flowId: string,
  due: readonly number[],
  asking: number | null,
): Promise<ReadonlySet<number>> {
  const [first] = due
  const last = due.at(-1)
  // Usually it is the only one, and known to be undecided.
  if (first === undefined || last === undefined || (first === asking && last === asking)) return new Set()
  const decided = await decidedWithin(tx, flowId, { from: iso(first), to: iso(last) })
  return new Set(decided.map((at) => Date.parse(at)))
}

/** What the rule asks about them; null where nothing is to be decided. */
export async function factsOf(
  tx: Db,
  { flow, schedule, asked, now, nominals }: Scene & Pick<Undecided, 'nominals'>,
): Promise<TickFacts | null> {
  if (nominals.length === 0) return null
  const { cron } = schedule === null ? { cron: null } : parseCron(schedule.cron_expression)
  const after = new Date(Math.min(...nominals) - 1)
  const latest =
    cron === null || schedule === null ? null : latestDue(cron, schedule.timezone, { after, until: now })
  const [open = null, ...queued] = await openExecutionsOf(tx, flow.id)
  return {
    ...{ now: now.getTime(), flow, schedule, open, queued: queued.length },
    latestDue: latest?.getTime() ?? null,
    rungUntil: flow.rung_until === null ? null : Date.parse(flow.rung_until),
    allPaused: await readAllPaused(tx),
    lateSeconds: asked.lateSeconds,
  }
}

export const iso = (at: number): string => new Date(at).toISOString()
