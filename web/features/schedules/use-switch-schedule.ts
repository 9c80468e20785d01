import { useMutation, useQueryClient } from '@tanstack/react-query'
import { updateSchedule } from '../../../api/contract/schedules.js'
import { callApi } from '../../lib/api.js'
import { askForSchedule } from './ask-for-schedule.js'

export const useSwitchSchedule = (id: string) => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (enabled: boolean) => callApi(updateSchedule, { params: { id }, body: { enabled } }),
    onSuccess: () => askForSchedule(client, id),
  })
}
