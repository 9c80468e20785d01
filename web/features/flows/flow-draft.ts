import { FlowRequest } from '../../../api/contract/protection-flows.js'
import type { FlowResponse } from '../../../api/contract/protection-flows.js'
import type { FlowSettings, TargetType } from '../../../domain/flow.js'
import { defaultFlowSettings } from '../../../domain/flow.js'
import type { ProblemDetail } from '../../../api/contract/problem.js'
import { numberFields } from './flow-number-fields.js'

type Words<F extends keyof FlowSettings> = { readonly [K in F]: string }

/** The form of a flow: the API's fields as a form holds them. Empty: not given. */
export interface FlowDraft
  extends
    Pick<FlowSettings, 'overlap_policy' | 'missed_run_policy' | 'busy_vm_policy' | 'quiesce'>,
    Words<
      | 'catchup_limit_minutes'
      | 'max_retries'
      | 'retry_wait_seconds'
      | 'max_run_minutes'
      | 'window_start'
      | 'window_end'
      | 'full_every_days'
      | 'full_every_points'
    > {
  readonly name: string
  readonly description: string
  readonly target_type: TargetType
  readonly target_id: string
  readonly repository_id: string
  readonly policy_id: string
  readonly schedule_id: string
  readonly enabled: boolean
}
export type FlowField = keyof FlowDraft
export type FlowErrors = Partial<Readonly<Record<FlowField, string>>>

const text = (value: string | number | null): string => (value === null ? '' : String(value))

const wordsOf = (settings: FlowSettings) => ({
  overlap_policy: settings.overlap_policy,
  missed_run_policy: settings.missed_run_policy,
  busy_vm_policy: settings.busy_vm_policy,
  quiesce: settings.quiesce,
  catchup_limit_minutes: text(settings.catchup_limit_minutes),
  max_retries: text(settings.max_retries),
  retry_wait_seconds: text(settings.retry_wait_seconds),
  max_run_minutes: text(settings.max_run_minutes),
  window_start: text(settings.window_start),
  window_end: text(settings.window_end),
  full_every_days: text(settings.full_every_days),
  full_every_points: text(settings.full_every_points),
})

/** What the form of a new flow begins with. */
export const newDraft = (): FlowDraft => ({
  name: '',
  description: '',
  target_type: 'vm',
  target_id: '',
  repository_id: '',
  policy_id: '',
  schedule_id: '',
  enabled: true,
  ...wordsOf(defaultFlowSettings),
})

/** A flow as its form shows it. */
export const draftOf = (flow: FlowResponse): FlowDraft => ({
  name: flow.name,
  description: flow.description ?? '',
  target_type: flow.target_type,
  target_id: flow.target_id,
  repository_id: text(flow.repository_id),
  policy_id: text(flow.policy_id),
  schedule_id: text(flow.schedule_id),
  enabled: flow.enabled,
  ...wordsOf(flow),
})

const orNull = (value: string): string | null => (value.trim() === '' ? null : value.trim())
const numberOrNull = (value: string): number | null => (value.trim() === '' ? null : Number(value))

/** What the form says, as the API takes it. */
export const requestOf = (draft: FlowDraft): FlowRequest => ({
  ...draft,
  flow_type: 'backup',
  name: draft.name.trim(),
  description: orNull(draft.description),
  repository_id: numberOrNull(draft.repository_id),
  policy_id: numberOrNull(draft.policy_id),
  schedule_id: orNull(draft.schedule_id),
  catchup_limit_minutes: Number(draft.catchup_limit_minutes || Number.NaN),
  max_retries: Number(draft.max_retries || Number.NaN),
  retry_wait_seconds: Number(draft.retry_wait_seconds || Number.NaN),
  max_run_minutes: numberOrNull(draft.max_run_minutes),
  window_start: orNull(draft.window_start),
  window_end: orNull(draft.window_end),
  full_every_days: Number(draft.full_every_days || Number.NaN),
  full_every_points: Number(draft.full_every_points || Number.NaN),
})

/** What is wrong with the form, a sentence for each field; what only the API knows comes with its answer. */
export const draftErrors = (draft: FlowDraft): FlowErrors => {
  const parsed = FlowRequest.safeParse(requestOf(draft))
  const errors: Record<string, string> = {}
  for (const issue of parsed.error?.issues ?? []) {
    const field = String(issue.path[0])
    errors[field] ??= plainWords(field) ?? issue.message
  }
  if (draft.name.trim() === '') errors['name'] = 'Give it a name.'
  if (draft.target_id === '')
    errors['target_id'] = draft.target_type === 'vm' ? 'Choose a virtual machine.' : 'Choose a group.'
  if (draft.repository_id === '') errors['repository_id'] = 'Choose where its backups go.'
  if ((draft.window_start === '') !== (draft.window_end === ''))
    errors[draft.window_start === '' ? 'window_start' : 'window_end'] =
      'A window needs both times; leave both empty for none.'
  else if (draft.window_start !== '' && draft.window_start === draft.window_end)
    errors['window_end'] = 'A window that ends when it starts never opens.'
  return errors
}

const plainWords = (field: string): string | undefined => {
  const bounds = numberFields.find((each) => each.field === field)
  if (bounds) return `Must be a whole number from ${bounds.min} to ${bounds.max.toLocaleString('en')}.`
  if (field === 'window_start' || field === 'window_end') return 'Must be a time such as 22:30.'
  if (field === 'name') return 'Must be at most 255 characters without line breaks.'
  return undefined
}

/** The API's details by the field that they are about; `rest` are those of no field of the form. */
export const apiErrors = (
  details: readonly ProblemDetail[],
): { readonly fields: FlowErrors; readonly rest: readonly ProblemDetail[] } => {
  const fields: Record<string, string> = {}
  const rest: ProblemDetail[] = []
  const known = newDraft()
  for (const detail of details) {
    const field = detail.path.replace(/^body\./, '').split('.')[0] ?? ''
    if (field in known) fields[field] ??= detail.message
    else rest.push(detail)
  }
  return { fields, rest }
}

/** Settings that stand behind "Advanced": a mistake there must open them. */
export const advancedFields: readonly FlowField[] = [
  'overlap_policy',
  'missed_run_policy',
  'busy_vm_policy',
  'quiesce',
  'window_start',
  'window_end',
  ...numberFields.map(({ field }) => field),
]
