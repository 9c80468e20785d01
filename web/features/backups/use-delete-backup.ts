import { useMutation, useQueryClient } from '@tanstack/react-query'
import { deleteBackup, getBackupChain, listBackups } from '../../../api/contract/backups.js'
import { getVmContext, listVmContexts } from '../../../api/contract/vm-contexts.js'
import { callApi } from '../../lib/api.js'

/** Deletes a point; a deletion that takes long goes on after its answer. */
export const useDeleteBackup = (id: string) => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => callApi(deleteBackup, { params: { id } }),
    onSuccess: () => {
      for (const { name } of [listBackups, getBackupChain, listVmContexts, getVmContext])
        void client.invalidateQueries({ queryKey: [name] })
    },
  })
}
