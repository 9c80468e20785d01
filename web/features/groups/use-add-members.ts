import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { AddMembersRequest } from '../../../api/contract/machine-groups.js'
import { addGroupMembers } from '../../../api/contract/machine-groups.js'
import { callApi } from '../../lib/api.js'
import { askForGroup } from './ask-for-group.js'

export const useAddMembers = (id: string) => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: AddMembersRequest) => callApi(addGroupMembers, { params: { id }, body }),
    onSuccess: () => askForGroup(client, id),
  })
}
