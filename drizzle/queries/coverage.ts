import { and, asc, eq, gte, inArray, isNull, ne, or, sql } from 'drizzle-orm'
import type { Flow } from '../../domain/flow.js'
import type { Schedule } from '../../domain/schedule.js'
import { coverageOf, latestPromise, promisedBy, wasPromised } from '../../domain/rules/coverage.js'
import type { CoverageFound, CoveringFlow } from '../../domain/rules/coverage.js'
import { parseCron } from '../../domain/rules/cron.js'
import type { Db } from '../open.js'
import { backupJobs } from '../schema/backup-jobs.js'
import { platforms } from '../schema/platforms.js'
import { protectionFlows } from '../schema/protection-flows.js'
import { replicationSchedules } from '../schema/replication-schedules.js'
import { scheduleExecutions } from '../schema/schedule-executions.js'
import { vmReplicationContexts } from '../schema/vm-replication-contexts.js'
import { groupedBy } from './grouped.js'
import { vmsOfTargets } from './protected-vms.js'

export interface PlacedVm {
  readonly id: string
  readonly name: string
  readonly platformName: string
}

/** Who is protected how well, as it stands now: seven statements, however many VMs and flows. */
export const readCoverage = async (db: Db, now: Date): Promise<CoverageFound<PlacedVm>> => {
  const [vms, rows] = [await placedVms(db), await liveFlows(db)]
  const vmsOf = await vmsOfTargets(
    db,
    rows.map(({ flow }) => flow),
  )
  const promises = await promisesOf(db, rows, now)
  const flows = rows.map(({ flow }) => ({
    id: flow.id,
    name: flow.name,
    enabled: flow.enabled,
    repositoryId: flow.repository_id,
    vms: vmsOf(flow),
    promisedAt: promises.get(flow.id) ?? null,
  }))
  return coverageOf({ vms, flows, lastGood: await lastGoodPoints(db, flows) })
}

const placedVms = (db: Db): Promise<PlacedVm[]> =>
  db
    .select({
      id: vmReplicationContexts.id,
      name: vmReplicationContexts.vm_name,
      platformName: platforms.name,
    })
    .from(vmReplicationContexts)
    .innerJoin(platforms, eq(platforms.id, vmReplicationContexts.platform_id))

type FlowRow = {
  readonly flow: Pick<
    Flow,
    | 'id'
    | 'name'
    | 'enabled'
    | 'repository_id'
    | 'target_type'
    | 'target_id'
    | 'max_run_minutes'
    | 'window_start'
    | 'window_end'
    | 'created_at'
    | 'rung_until'
  >
  readonly schedule: Schedule | null
}

const liveFlows = (db: Db): Promise<FlowRow[]> =>
  db
    .select({
      flow: {
        id: protectionFlows.id,
        name: protectionFlows.name,
        enabled: protectionFlows.enabled,
        repository_id: protectionFlows.repository_id,
        target_type: protectionFlows.target_type,
        target_id: protectionFlows.target_id,
        max_run_minutes: protectionFlows.max_run_minutes,
        window_start: protectionFlows.window_start,
        window_end: protectionFlows.window_end,
        created_at: protectionFlows.created_at,
        rung_until: protectionFlows.rung_until,
      },
      schedule: replicationSchedules,
    })
    .from(protectionFlows)
    .leftJoin(replicationSchedules, eq(replicationSchedules.id, protectionFlows.schedule_id))
    .where(isNull(protectionFlows.deleted_at))
    .orderBy(asc(protectionFlows.name), asc(protectionFlows.id))

/** The latest due time, by flow, that should have given points by now. */
const promisesOf = async (db: Db, rows: readonly FlowRow[], now: Date): Promise<Map<string, Date>> => {
  const ringing = rows.flatMap(({ flow, schedule }) =>
    flow.enabled && schedule?.enabled === true
      ? [{ flow, schedule, by: promisedBy(boundsOf(flow, schedule), now) }]
      : [],
  )
  const due: { flow: FlowRow['flow']; at: Date }[] = []
  // Flows that share a schedule, an allowance and a window share their due times.
  const shared = groupedBy(
    ringing,
    ({ flow, schedule, by }) =>
      `${schedule.id} ${by.getTime()} ${flow.window_start ?? ''} ${flow.window_end ?? ''}`,
  )
  for (const some of shared.values()) {
    const [first] = some
    const { cron } = parseCron(first?.schedule.cron_expression ?? '')
    if (first === undefined || cron === null) continue
    const oldest = Math.min(...some.map(({ flow }) => Date.parse(flow.created_at)))
    if (oldest >= first.by.getTime()) continue
    const hours = { ...first.flow, timezone: first.schedule.timezone }
    const at = latestPromise(cron, hours, { after: new Date(oldest), until: first.by })
    if (at !== null) due.push(...some.map(({ flow }) => ({ flow, at })))
  }
  const recorded = await recordedOf(db, due)
  const promised = due.filter(({ flow, at }) =>
    wasPromised(at, {
      createdAt: new Date(flow.created_at),
      rungUntil: flow.rung_until === null ? null : new Date(flow.rung_until),
      isRecorded: recorded.has(`${flow.id} ${at.toISOString()}`),
    }),
  )
  return new Map(promised.map(({ flow, at }) => [flow.id, at]))
}

const boundsOf = (flow: FlowRow['flow'], schedule: Schedule) => ({
  maxRunMinutes: flow.max_run_minutes,
  jitterSeconds: schedule.jitter_seconds,
})

/** Which of these due times have a row that says what became of them. */
const recordedOf = async (
  db: Db,
  due: readonly { readonly flow: { readonly id: string }; readonly at: Date }[],
): Promise<ReadonlySet<string>> => {
  if (due.length === 0) return new Set()
  const byTime = groupedBy(due, ({ at }) => at.toISOString())
  const rows = await db
    .select({ flowId: scheduleExecutions.flow_id, at: scheduleExecutions.nominal_time })
    .from(scheduleExecutions)
    .where(
      or(
        ...[...byTime].map(([at, some]) =>
          and(
            inArray(
              scheduleExecutions.flow_id,
              some.map(({ flow }) => flow.id),
            ),
            eq(scheduleExecutions.nominal_time, at),
          ),
        ),
      ),
    )
  return new Set(rows.map(({ flowId, at }) => `${flowId} ${at}`))
}

/** A run's row stands before its snapshot; a run that waited for longer than this is not looked for. */
const longestWaitMs = 7 * 86_400_000

const isGood = () =>
  and(
    eq(backupJobs.status, 'completed'),
    or(isNull(backupJobs.verify_result), ne(backupJobs.verify_result, 'damaged')),
    or(isNull(backupJobs.audit_result), ne(backupJobs.audit_result, 'differs')),
  )

const takenAt = sql<string>`max(coalesce(${backupJobs.snapshot_taken_at}, ${backupJobs.created_at}))`.mapWith(
  backupJobs.created_at,
)

type LastGood = (vmContextId: string, repositoryId: number) => Date | null

/** Only points that may keep a promise are read: not the whole catalogue, unless a schedule rings as seldom. */
const lastGoodPoints = async (db: Db, flows: readonly CoveringFlow[]): Promise<LastGood> => {
  const promises = flows.flatMap(({ promisedAt }) => promisedAt?.getTime() ?? [])
  if (promises.length === 0) return () => null
  const since = new Date(Math.min(...promises) - longestWaitMs).toISOString()
  const rows = await db
    .select({ vm: backupJobs.vm_context_id, repository: backupJobs.repository_id, at: takenAt })
    .from(backupJobs)
    .where(and(isGood(), gte(backupJobs.created_at, since)))
    .groupBy(backupJobs.vm_context_id, backupJobs.repository_id)
  const found = new Map(rows.map(({ vm, repository, at }) => [`${vm} ${repository}`, new Date(at)]))
  return (vm, repository) => found.get(`${vm} ${repository}`) ?? null
}

/** When the newest good point of each of these VMs was taken, in any repository, or in one. */
export const lastGoodOf = async (
  db: Db,
  vmContextIds: readonly string[],
): Promise<{ readonly vmContextId: string; readonly repositoryId: number; readonly at: string }[]> => {
  if (vmContextIds.length === 0) return []
  return await db
    .select({ vmContextId: backupJobs.vm_context_id, repositoryId: backupJobs.repository_id, at: takenAt })
    .from(backupJobs)
    .where(and(isGood(), inArray(backupJobs.vm_context_id, [...vmContextIds])))
    .groupBy(backupJobs.vm_context_id, backupJobs.repository_id)
}
