import type { QueryClient } from '@tanstack/react-query'
import { listSchedules } from '../../../api/contract/schedules.js'
import { scheduleQuery } from './schedule-query.js'
import { scheduleRunsQuery } from '../../lib/schedule-runs-query.js'

/** Asks again for all that shows a schedule. */
export const askForSchedule = (client: QueryClient, id: string): Promise<unknown> =>
  Promise.all(
    [scheduleQuery(id).queryKey, scheduleRunsQuery(id).queryKey, [listSchedules.name]].map((queryKey) =>
      client.invalidateQueries({ queryKey }),
    ),
  )
