import { ScheduleOverlapPolicy } from '@temporalio/client'
import type { ScheduleDescription, ScheduleOptions, ScheduleSpec, ScheduleSummary } from '@temporalio/client'
import { defineSearchAttributeKey } from '@temporalio/common'
import type { FlowTickInput } from '../../domain/operations.js'
import { queues, scheduleIds, workflowIds, workflowTypes } from '../../domain/rules/names.js'
import type { ScheduledFlow } from '../../drizzle/queries/flow-schedules.js'
import { specOf } from './schedule-spec.js'

const flowIdKey = defineSearchAttributeKey('FlowId', 'KEYWORD')
const opKindKey = defineSearchAttributeKey('OpKind', 'KEYWORD')

/** What Temporal's lists may be searched by to find these schedules. */
export const flowScheduleKind = 'flow-schedule'

/** In the schedule's memo: whose it is. Another installation's on the same server is left alone. */
export const ownerOf = (memo: Readonly<Record<string, unknown>> | undefined): string | null => {
  const owner = memo?.['sendense_installation']
  return typeof owner === 'string' ? owner : null
}

type Wanted = ScheduleOptions & { readonly spec: ScheduleSpec }

/** At least an hour: what Temporal drops after that is decided by the flow's policy all the same. */
const shortestCatchupMs = 3_600_000

/** The schedule that a flow is to have in Temporal; null where it is to have none. Throws `bad-request`. */
export function wantedSchedule({ flow, schedule }: ScheduledFlow, installation: string): Wanted | null {
  if (flow.deleted_at !== null || schedule === null) return null
  const attributes = [{ key: flowIdKey, value: flow.id }]
  return {
    scheduleId: scheduleIds.flow(flow.id),
    spec: specOf(schedule),
    action: {
      type: 'startWorkflow',
      workflowType: workflowTypes.flowTick,
      workflowId: workflowIds.tick(flow.id),
      taskQueue: queues.control,
      args: [{ flowId: flow.id } satisfies FlowTickInput],
      typedSearchAttributes: [...attributes, { key: opKindKey, value: workflowTypes.flowTick }],
      staticSummary: `Decide whether flow ${flow.name} runs now`.slice(0, 190),
    },
    policies: {
      overlap: ScheduleOverlapPolicy.ALLOW_ALL,
      catchupWindow: Math.max(flow.catchup_limit_minutes * 60_000, shortestCatchupMs),
    },
    state: {
      paused: !flow.enabled || !schedule.enabled,
      note: `flow ${flow.name.slice(0, 120)}, version ${flow.version}, ${schedule.cron_expression} ${schedule.timezone}`,
    },
    memo: { sendense_installation: installation },
    typedSearchAttributes: [...attributes, { key: opKindKey, value: flowScheduleKind }],
  }
}

/** Whether what Temporal lists is as it is to be; the list tells spec, pause and note only. */
export const isListedAs = (wanted: Wanted, listed: ScheduleSummary): boolean =>
  isSameState(wanted, listed.state) &&
  listed.action?.workflowType === wanted.action.workflowType &&
  listed.spec !== undefined &&
  specText(listed.spec) === specText(wanted.spec)

/** Whether what Temporal has is all as it is to be. */
export const isAsWanted = (wanted: Wanted, { spec, action, policies, state }: ScheduleDescription): boolean =>
  isSameState(wanted, state) &&
  state.remainingActions === undefined &&
  specText(spec) === specText(wanted.spec) &&
  policies.overlap === wanted.policies?.overlap &&
  policies.catchupWindow === wanted.policies?.catchupWindow &&
  !policies.pauseOnFailure &&
  action.workflowType === wanted.action.workflowType &&
  action.workflowId === wanted.action.workflowId &&
  action.taskQueue === wanted.action.taskQueue &&
  JSON.stringify(action.args) === JSON.stringify(wanted.action.args)

const isSameState = (
  wanted: Wanted,
  state: { readonly paused: boolean; readonly note?: string | undefined },
): boolean => state.paused === wanted.state?.paused && state.note === wanted.state?.note

const calendarFields = ['second', 'minute', 'hour', 'dayOfMonth', 'month', 'year', 'dayOfWeek'] as const

/** A spec as text that is the same for the same times, however they are written. */
function specText({ calendars = [], timezone = 'UTC', jitter = 0, ...others }: Comparable): string {
  const texts = calendars.map((calendar) =>
    calendarFields.map((field) => rangesText(Reflect.get(calendar, field))).join(' '),
  )
  const { intervals = [], skip = [], startAt = null, endAt = null } = others
  return JSON.stringify([texts.sort(), timezone, Number(jitter), intervals, skip, startAt, endAt])
}

type Comparable = Pick<ScheduleSpec, 'timezone' | 'jitter' | 'startAt' | 'endAt'> & {
  readonly calendars?: readonly object[] | undefined
  readonly intervals?: readonly object[] | undefined
  readonly skip?: readonly object[] | undefined
  readonly startAt?: Date | undefined
  readonly endAt?: Date | undefined
}

function rangesText(ranges: unknown): string {
  if (ranges === undefined) return ''
  return [ranges]
    .flat()
    .map((range: unknown) => {
      if (typeof range !== 'object' || range === null) return `${String(range)}-${String(range)}/1`
      const { start, end, step } = range as { start?: unknown; end?: unknown; step?: unknown }
      // The server leaves out what is usual.
      const last = end === undefined || end === 0 ? start : end
      return `${String(start)}-${String(last)}/${start === last ? 1 : Number(step) || 1}`
    })
    .join(',')
}
