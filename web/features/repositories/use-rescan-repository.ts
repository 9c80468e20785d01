import { useMutation, useQueryClient } from '@tanstack/react-query'
import { getBackupChain, listBackups } from '../../../api/contract/backups.js'
import { rescanRepository } from '../../../api/contract/repositories.js'
import { listVmContexts } from '../../../api/contract/vm-contexts.js'
import { callApi } from '../../lib/api.js'

export const useRescanRepository = (id: number) => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => callApi(rescanRepository, { params: { id } }),
    onSuccess: () => {
      for (const { name } of [listBackups, getBackupChain, listVmContexts])
        void client.invalidateQueries({ queryKey: [name] })
    },
  })
}
