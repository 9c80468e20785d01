import { useMutation, useQueryClient } from '@tanstack/react-query'
import { getBackup, listBackups, verifyBackup } from '../../../api/contract/backups.js'
import { callApi } from '../../lib/api.js'

export const useVerifyBackup = (id: string) => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => callApi(verifyBackup, { params: { id } }),
    onSuccess: () => {
      for (const { name } of [getBackup, listBackups]) void client.invalidateQueries({ queryKey: [name] })
    },
  })
}
