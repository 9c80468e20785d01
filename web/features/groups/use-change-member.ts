import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { MemberChange } from '../../../api/contract/machine-groups.js'
import { changeGroupMember } from '../../../api/contract/machine-groups.js'
import { callApi } from '../../lib/api.js'
import { askForGroup } from './ask-for-group.js'

export const useChangeMember = (id: string, vmContextId: string) => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: MemberChange) =>
      callApi(changeGroupMember, { params: { id, vm_context_id: vmContextId }, body }),
    onSuccess: () => askForGroup(client, id),
  })
}
