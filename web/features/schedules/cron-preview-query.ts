import type { SchedulePreviewRequest } from '../../../api/contract/schedules.js'
import { previewSchedule } from '../../../api/contract/schedules.js'
import { apiPreview } from '../../lib/query.js'

/** The next ten runs of an expression that is not saved yet. What it refuses stays refused: no second try. */
export const cronPreviewQuery = (body: SchedulePreviewRequest) => ({
  ...apiPreview(previewSchedule, body),
  retry: false,
})
