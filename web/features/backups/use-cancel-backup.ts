import { useMutation, useQueryClient } from '@tanstack/react-query'
import { cancelBackup, getBackup, listBackups } from '../../../api/contract/backups.js'
import { callApi } from '../../lib/api.js'

export const useCancelBackup = (id: string) => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => callApi(cancelBackup, { params: { id } }),
    onSuccess: () => {
      for (const { name } of [getBackup, listBackups]) void client.invalidateQueries({ queryKey: [name] })
    },
  })
}
