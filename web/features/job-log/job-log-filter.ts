import { Id } from '../../../api/contract/operation.js'
import type { JobLogFilter } from '../../../api/contract/job-log.js'
import { JobStep } from '../../../domain/job-step.js'

export const stepStatuses = JobStep.shape.status.options
const hour = 3_600_000

export const ranges = [
  { value: 'hour', text: 'Last hour', ms: hour },
  { value: 'day', text: 'Last 24 hours', ms: 24 * hour },
  { value: 'week', text: 'Last 7 days', ms: 7 * 24 * hour },
  { value: 'month', text: 'Last 30 days', ms: 30 * 24 * hour },
  { value: 'all', text: 'All time', ms: null },
] as const
export type Range = (typeof ranges)[number]['value']

/** The filter as the page's address holds it; what the address spells wrongly is left out. */
export interface JobLogChoice {
  readonly jobId: string
  readonly status: JobStep['status'] | ''
  readonly search: string
  readonly range: Range
}

export const choiceOf = (address: URLSearchParams): JobLogChoice => ({
  jobId: address.get('job_id') ?? '',
  status: stepStatuses.find((each) => each === address.get('status')) ?? '',
  search: address.get('search') ?? '',
  range: ranges.find((each) => each.value === address.get('range'))?.value ?? 'day',
})

export const addressOf = (choice: JobLogChoice): Record<string, string> =>
  Object.fromEntries(
    Object.entries({
      job_id: choice.jobId,
      status: choice.status,
      search: choice.search,
      range: choice.range === 'day' ? '' : choice.range,
    }).filter(([, value]) => value !== ''),
  )

/** What the API is asked, or the sentence that says why it cannot be. `now` in milliseconds. */
export const filterOf = (
  choice: JobLogChoice,
  now: number,
):
  | { readonly filter: JobLogFilter; readonly problem: null }
  | { readonly filter: null; readonly problem: string } => {
  const jobId = choice.jobId.trim()
  const search = choice.search.trim()
  if (jobId !== '' && !Id.safeParse(jobId).success)
    return { filter: null, problem: 'A job id holds letters, digits, dots, dashes and underscores only.' }
  // Text is not indexed: the API wants it narrowed.
  if (search !== '' && jobId === '' && choice.range === 'all')
    return { filter: null, problem: 'To search in text, choose a time or give a job id.' }
  const ms = ranges.find((each) => each.value === choice.range)?.ms ?? null
  return {
    problem: null,
    filter: {
      ...(jobId === '' ? {} : { job_id: jobId }),
      ...(choice.status === '' ? {} : { status: choice.status }),
      ...(search === '' ? {} : { search }),
      ...(ms === null ? {} : { since: new Date(now - ms).toISOString() }),
    },
  }
}
