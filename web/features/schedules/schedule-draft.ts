import type { ScheduleRequest, ScheduleView } from '../../../api/contract/schedules.js'

/** A schedule as the form holds it; `jitter` is NaN while its field is empty. */
export interface ScheduleDraft {
  readonly name: string
  readonly description: string
  readonly cron: string
  readonly timezone: string
  readonly jitter: number
  readonly isEnabled: boolean
}

/** A new schedule is read by `zone`'s clock unless somebody chooses another. */
export const scheduleDraftOf = (schedule: ScheduleView | undefined, zone: string): ScheduleDraft =>
  schedule === undefined
    ? { name: '', description: '', cron: '', timezone: zone, jitter: 0, isEnabled: true }
    : {
        name: schedule.name,
        description: schedule.description ?? '',
        cron: schedule.cron_expression,
        timezone: schedule.timezone,
        jitter: schedule.jitter_seconds,
        isEnabled: schedule.enabled,
      }

export const scheduleBodyOf = (draft: ScheduleDraft): ScheduleRequest => ({
  name: draft.name,
  description: draft.description.trim() === '' ? null : draft.description,
  cron_expression: draft.cron,
  timezone: draft.timezone,
  jitter_seconds: draft.jitter,
  enabled: draft.isEnabled,
})
