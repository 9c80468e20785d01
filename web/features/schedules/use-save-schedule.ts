import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { ScheduleRequest } from '../../../api/contract/schedules.js'
import { createSchedule, updateSchedule } from '../../../api/contract/schedules.js'
import { callApi } from '../../lib/api.js'
import { askForSchedule } from './ask-for-schedule.js'

/** Makes a schedule, or changes the one of this id. */
export const useSaveSchedule = (id: string | undefined) => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: ScheduleRequest) =>
      id === undefined
        ? callApi(createSchedule, { body })
        : callApi(updateSchedule, { params: { id }, body }),
    onSuccess: (schedule) => askForSchedule(client, schedule.id),
  })
}
