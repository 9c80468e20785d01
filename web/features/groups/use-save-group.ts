import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { GroupRequest } from '../../../api/contract/machine-groups.js'
import { createGroup, listGroups, updateGroup } from '../../../api/contract/machine-groups.js'
import { callApi } from '../../lib/api.js'
import { askForGroup } from './ask-for-group.js'

/** Makes a group, or changes the one of this id. */
export const useSaveGroup = (id: string | undefined) => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: GroupRequest) =>
      id === undefined ? callApi(createGroup, { body }) : callApi(updateGroup, { params: { id }, body }),
    onSuccess: (group) => {
      void askForGroup(client, group.id)
      return client.invalidateQueries({ queryKey: [listGroups.name] })
    },
  })
}
