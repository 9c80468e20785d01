import type { ScheduleSummary } from '@temporalio/client'
import { parseCron } from '../../domain/rules/cron.js'
import { isLate } from '../../domain/rules/decide-tick.js'
import { nextDue } from '../../domain/rules/due-times.js'
import { nextExecutionTime } from '../../domain/rules/next-execution.js'
import { scheduleIds } from '../../domain/rules/names.js'
import type { ReconcileReport, SilentDueTime } from '../../domain/schedule.js'
import { refreshNextExecution, scheduledFlowsAfter } from '../../drizzle/queries/flow-schedules.js'
import type { ScheduledFlow } from '../../drizzle/queries/flow-schedules.js'
import { writeReconcileReport } from '../../drizzle/queries/reconcile-report.js'
import { installationId } from '../../drizzle/queries/settings.js'
import { toFailure } from '../failure.js'
import { wakeFlow } from '../catalog/executions/wake-flow.js'
import type { ScheduleSteps } from '../schedule-steps.js'
import { applyFlow } from './apply-flow.js'
import type { Applied } from './apply-flow.js'
import type { ScheduleDependencies } from './dependencies.js'
import { isListedAs, ownerOf, wantedSchedule } from './flow-schedule.js'
import { settleDueTimes } from './settle-due-times.js'
import type { Settled } from './settle-due-times.js'

const flowsPerPage = 200
const mostNamed = 100
/** So long beyond being late, a ring is waited for: after an outage many come at once. */
const patienceSeconds = 300

type Found = Omit<ReconcileReport, 'started_at' | 'ended_at'>
const isFlowSchedule = scheduleIds.flow('')

/**
 * Safe to run twice: each repair looks before it does anything. Compares Temporal's schedules with the rows, repairs
 * what differs, and decides about due times for which no ring came. One flow that fails does not stop the others.
 */
export const reconcileSchedules =
  (dependencies: ScheduleDependencies): ScheduleSteps['reconcileSchedules'] =>
  async () => {
    const startedAt = dependencies.now().toISOString()
    const counts = { flows: 0, created: 0, updated: 0, removed: 0, foreign: 0, refreshed: 0 }
    const found: Found = { ...counts, silent: [], failed: [] }
    const listed = await listSchedules(dependencies)
    const installation = await installationId(dependencies.db)
    const visit = lookAfter({ dependencies, installation, listed, found })
    for (let after = ''; ;) {
      const page = await scheduledFlowsAfter(dependencies.db, after, flowsPerPage)
      for (const scheduled of page) await visit(scheduled)
      after = page.at(-1)?.flow.id ?? after
      if (page.length < flowsPerPage) break
    }
    // Who is left has no flow, or one that was made while we looked.
    for (const id of listed.keys())
      await attempt(found, id, async () => count(found, (await applyFlow(dependencies, id)).applied))
    found.silent.splice(0, found.silent.length - mostNamed)
    found.failed.splice(mostNamed)
    const report = { started_at: startedAt, ended_at: dependencies.now().toISOString(), ...found }
    await writeReconcileReport(dependencies.db, report)
    return report
  }

/** Temporal's schedules under our names, by the flow's id. What it made in the last second may be missing. */
async function listSchedules({ client }: ScheduleDependencies): Promise<Map<string, ScheduleSummary>> {
  const listed = new Map<string, ScheduleSummary>()
  for await (const schedule of client.schedule.list({ pageSize: 1000 }))
    if (schedule.scheduleId.startsWith(isFlowSchedule))
      listed.set(schedule.scheduleId.slice(isFlowSchedule.length), schedule)
  return listed
}

interface Round {
  readonly dependencies: ScheduleDependencies
  readonly installation: string
  readonly listed: Map<string, ScheduleSummary>
  readonly found: Found
}

const lookAfter =
  ({ dependencies, installation, listed, found }: Round) =>
  async (scheduled: ScheduledFlow): Promise<void> => {
    const { flow } = scheduled
    const known = listed.get(flow.id)
    listed.delete(flow.id)
    found.flows += 1
    await attempt(found, flow.id, async () => {
      if (!follows(scheduled, known, installation))
        count(found, (await applyFlow(dependencies, flow.id)).applied)
      found.silent.push(...(await lostRings(dependencies, scheduled)))
      if (await refreshNext(dependencies, scheduled)) found.refreshed += 1
    })
  }

function follows(
  scheduled: ScheduledFlow,
  known: ScheduleSummary | undefined,
  installation: string,
): boolean {
  const { flow } = scheduled
  if (flow.synced_version !== flow.version || flow.sync_error !== null) return false
  const wanted = wantedSchedule(scheduled, installation)
  if (wanted === null || known === undefined) return wanted === null && known === undefined
  return ownerOf(known.memo) === installation && isListedAs(wanted, known)
}

/** Due times for which no ring came though it should have long since: they are decided about now, by the same policy. */
async function lostRings(
  dependencies: ScheduleDependencies,
  { flow, schedule }: ScheduledFlow,
): Promise<SilentDueTime[]> {
  const lateSeconds = dependencies.lateSeconds + patienceSeconds
  if (!isOverdue(dependencies.now(), lateSeconds, { flow, schedule })) return []
  const settled = await settleDueTimes(dependencies, { flowId: flow.id, nominal: null, lateSeconds })
  if (settled.wakes !== null) await wakeFlow(dependencies.client, settled.wakes)
  await tellOfSilence(dependencies, flow.id, settled)
  return settled.others.map(({ at, status }) => ({
    flow_id: flow.id,
    flow_name: flow.name,
    due_at: at,
    status,
  }))
}

/** Under the name that a ring which comes later all the same would tell it by. */
async function tellOfSilence(
  { notify }: ScheduleDependencies,
  flowId: string,
  { others, missed }: Settled,
): Promise<void> {
  const latest = others.at(-1)
  if (latest === undefined) return
  await notify?.({
    kind: 'missed',
    flowId,
    nominalTime: missed?.nominalTime ?? latest.at,
    count: others.length,
    reason: `Nothing rang when it was due. ${missed?.reason ?? latest.reason ?? 'It is made up for now'}`,
  })
}

function isOverdue(now: Date, lateSeconds: number, { flow, schedule }: ScheduledFlow): boolean {
  const isOn = flow.enabled && flow.deleted_at === null && schedule?.enabled === true
  if (!isOn || flow.rung_until === null) return false
  const { cron } = parseCron(schedule.cron_expression)
  const due = cron === null ? null : nextDue(cron, schedule.timezone, new Date(flow.rung_until))
  return due !== null && isLate(due.getTime(), { now: now.getTime(), schedule, lateSeconds })
}

async function refreshNext(
  { db, now }: ScheduleDependencies,
  { flow, schedule }: ScheduledFlow,
): Promise<boolean> {
  const next = nextExecutionTime(flow, schedule, now())
  // One that is due at this moment is moved on by its own ring.
  const isStale =
    flow.next_execution_time === null || next === null
      ? flow.next_execution_time !== next
      : flow.next_execution_time !== next &&
        Math.abs(now().getTime() - Date.parse(flow.next_execution_time)) > 60_000
  if (isStale) await refreshNextExecution(db, flow, next)
  return isStale
}

const counted = { created: 'created', updated: 'updated', removed: 'removed', foreign: 'foreign' } as const

const count = (found: Found, applied: Applied): void => {
  if (applied !== 'nothing') found[counted[applied]] += 1
}

async function attempt(found: Found, flowId: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    found.failed.push({ flow_id: flowId, reason: toFailure(error).message.slice(0, 300) })
  }
}
