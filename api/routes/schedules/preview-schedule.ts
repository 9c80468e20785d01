import type { z } from 'zod'
import type { Flow } from '../../../domain/flow.js'
import { cronInWords } from '../../../domain/rules/cron-in-words.js'
import { schedulePreview } from '../../../domain/rules/schedule-preview.js'
import type { Schedule } from '../../../domain/schedule.js'
import type { PreviewHours, SchedulePreview } from '../../contract/schedules.js'
import { previewSavedSchedule, previewSchedule } from '../../contract/schedules.js'
import { unprocessable } from '../../problem.js'
import { route } from '../../route.js'
import { checkTiming } from './check-timing.js'
import { findSchedule } from './find-schedule.js'

type Window = Pick<Flow, 'window_start' | 'window_end'>

const allDay: Window = { window_start: null, window_end: null }

// async: what is refused must reach the caller as the promise's error.
export const previewScheduleRoute = route(previewSchedule, async ({ body }) => {
  return await Promise.resolve({ status: 200 as const, body: previewOf(body) })
})

export const previewSavedScheduleRoute = route(previewSavedSchedule, async ({ context, params, query }) => ({
  status: 200,
  body: previewOf(await findSchedule(context.db, params.id), windowOf(query)),
}))

/** Throws 422 where half of a window is given. */
function windowOf({ window_start: start, window_end: end }: z.output<typeof PreviewHours>): Window {
  if (start !== undefined && end !== undefined) return { window_start: start, window_end: end }
  if (start !== undefined) throw unprocessable('window_end', 'must be given together with window_start')
  if (end !== undefined) throw unprocessable('window_start', 'must be given together with window_end')
  return allDay
}

function previewOf(
  asked: Pick<Schedule, 'cron_expression' | 'timezone'>,
  window: Window = allDay,
): SchedulePreview {
  const now = new Date()
  const { cron, timezone } = checkTiming(asked, now)
  const { runs, notes } = schedulePreview(cron, { ...window, timezone }, now)
  return { in_words: cronInWords(asked.cron_expression), runs: [...runs], notes: [...notes] }
}
