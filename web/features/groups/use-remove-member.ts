import { useMutation, useQueryClient } from '@tanstack/react-query'
import { removeGroupMember } from '../../../api/contract/machine-groups.js'
import { callApi } from '../../lib/api.js'
import { askForGroup } from './ask-for-group.js'

export const useRemoveMember = (id: string) => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (vmContextId: string) =>
      callApi(removeGroupMember, { params: { id, vm_context_id: vmContextId } }),
    onSuccess: () => askForGroup(client, id),
  })
}
