import { previewSavedSchedule } from '../../../api/contract/schedules.js'
import { apiQuery } from '../../lib/query.js'

/** The next ten due times of a schedule in its own zone. */
export const schedulePreviewQuery = (id: string) => apiQuery(previewSavedSchedule, { params: { id } })
