import type { LoggedStep } from '../../../api/contract/job-log.js'

const places = { backup: '/backups', execution: '/executions', other: null } as const

/** Where a step's job is shown; null where it has no page or is gone. */
export const jobPlace = (step: Pick<LoggedStep, 'job_kind' | 'job_id' | 'job_name'>): string | null => {
  const place = places[step.job_kind]
  return place === null || step.job_name === null ? null : `${place}/${step.job_id}`
}
