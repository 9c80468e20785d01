import { useMutation, useQueryClient } from '@tanstack/react-query'
import { deleteSchedule, listSchedules } from '../../../api/contract/schedules.js'
import { callApi } from '../../lib/api.js'

export const useDeleteSchedule = (id: string) => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => callApi(deleteSchedule, { params: { id } }),
    onSuccess: () => client.invalidateQueries({ queryKey: [listSchedules.name] }),
  })
}
