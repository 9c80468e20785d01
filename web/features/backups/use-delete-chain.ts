import { useMutation, useQueryClient } from '@tanstack/react-query'
import { deleteBackup, getBackupChain, listBackups } from '../../../api/contract/backups.js'
import { getVmContext, listVmContexts } from '../../../api/contract/vm-contexts.js'
import { callApi } from '../../lib/api.js'

/** Deletes all points that hang together with this one; a deletion that takes long goes on after its answer. */
export const useDeleteChain = (id: string) => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => callApi(deleteBackup, { params: { id }, query: { chain: 'true' } }),
    onSuccess: () => {
      for (const { name } of [listBackups, getBackupChain, listVmContexts, getVmContext])
        void client.invalidateQueries({ queryKey: [name] })
    },
  })
}
