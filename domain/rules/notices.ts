import type { Execution } from '../execution.js'
import type { Flow } from '../flow.js'
import type { NoticeEvent } from '../notice.js'

/** Names an event: the same one is told once, however often it is noticed. */
export const noticeId = (event: NoticeEvent): string =>
  event.kind === 'missed'
    ? `${event.flowId}:missed:${event.nominalTime}`
    : `${event.executionId}:${event.kind}`

/** The body of a webhook: small, and without anything secret. */
export interface NoticeBody {
  readonly id: string
  readonly event: NoticeEvent['kind']
  /** One sentence, for a chat. */
  readonly text: string
  readonly flow: { readonly id: string; readonly name: string }
  readonly execution: NoticedExecution | null
  /** The due time, of missed ones. */
  readonly nominal_time: string | null
  readonly missed_count: number | null
  /** The first few. */
  readonly reasons: readonly string[]
  /** On the page of Sendense: a path, for the page's own address is not known here. */
  readonly link: string
}

type Counters =
  | 'vms_total'
  | 'jobs_created'
  | 'jobs_completed'
  | 'jobs_failed'
  | 'jobs_skipped'
  | 'jobs_cancelled'
  | 'bytes_transferred'
type NoticedExecution = Pick<
  Execution,
  'id' | 'status' | 'execution_type' | 'started_at' | 'completed_at' | Counters
>

export interface NoticeFacts {
  readonly flow: Pick<Flow, 'id' | 'name'>
  /** Null for missed due times, and where history has forgotten it. */
  readonly execution: Execution | null
  /** VMs that failed, in their order. */
  readonly failed: readonly { readonly vm_name: string; readonly reason: string | null }[]
}

const firstReasons = 5
const longestReason = 300

export function noticeBody(event: NoticeEvent, { flow, execution, failed }: NoticeFacts): NoticeBody {
  const reasons =
    event.kind === 'missed'
      ? [event.reason]
      : [
          ...(execution?.error_message == null ? [] : [execution.error_message]),
          ...failed.map(({ vm_name, reason }) => `${vm_name}: ${reason ?? 'it failed'}`),
          ...(execution?.warnings ?? []),
        ]
  return {
    id: noticeId(event),
    event: event.kind,
    text: sentenceOf(event, flow.name, execution),
    flow: { id: flow.id, name: flow.name },
    execution: execution === null ? null : noticed(execution),
    nominal_time: event.kind === 'missed' ? event.nominalTime : null,
    missed_count: event.kind === 'missed' ? event.count : null,
    reasons: reasons.slice(0, firstReasons).map((reason) => clip(reason)),
    link: execution === null ? `/flows/${flow.id}` : `/executions/${execution.id}`,
  }
}

function sentenceOf(event: NoticeEvent, name: string, execution: Execution | null): string {
  if (event.kind === 'missed')
    return event.count === 1
      ? `Protection flow ${name} did not run at ${event.nominalTime}`
      : `Protection flow ${name} did not run at ${event.count} due times, the latest at ${event.nominalTime}`
  const how = event.kind === 'error' ? 'failed' : 'ended with warnings'
  if (execution === null) return `Protection flow ${name} ${how}`
  return `Protection flow ${name} ${how}: ${execution.jobs_completed} of ${execution.vms_total} VM(s) were backed up, ${execution.jobs_failed} failed`
}

const noticed = (execution: Execution): NoticedExecution => ({
  id: execution.id,
  status: execution.status,
  execution_type: execution.execution_type,
  started_at: execution.started_at,
  completed_at: execution.completed_at,
  vms_total: execution.vms_total,
  jobs_created: execution.jobs_created,
  jobs_completed: execution.jobs_completed,
  jobs_failed: execution.jobs_failed,
  jobs_skipped: execution.jobs_skipped,
  jobs_cancelled: execution.jobs_cancelled,
  bytes_transferred: execution.bytes_transferred,
})

const clip = (text: string): string =>
  text.length <= longestReason ? text : `${text.slice(0, longestReason - 1)}…`
