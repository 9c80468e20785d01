import { cronInWords } from '../../../domain/rules/cron-in-words.js'
import { schedulePreview } from '../../../domain/rules/schedule-preview.js'
import type { Schedule } from '../../../domain/schedule.js'
import type { SchedulePreview } from '../../contract/schedules.js'
import { previewSavedSchedule, previewSchedule } from '../../contract/schedules.js'
import { route } from '../../route.js'
import { checkTiming } from './check-timing.js'
import { findSchedule } from './find-schedule.js'

// async: what is refused must reach the caller as the promise's error.
export const previewScheduleRoute = route(previewSchedule, async ({ body }) => {
  return await Promise.resolve({ status: 200 as const, body: previewOf(body) })
})

export const previewSavedScheduleRoute = route(previewSavedSchedule, async ({ context, params }) => ({
  status: 200,
  body: previewOf(await findSchedule(context.db, params.id)),
}))

function previewOf(asked: Pick<Schedule, 'cron_expression' | 'timezone'>): SchedulePreview {
  const now = new Date()
  const { cron, timezone } = checkTiming(asked, now)
  const { runs, notes } = schedulePreview(cron, timezone, now)
  return { in_words: cronInWords(asked.cron_expression), runs: [...runs], notes: [...notes] }
}
