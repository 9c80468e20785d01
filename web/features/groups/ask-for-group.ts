import type { QueryClient } from '@tanstack/react-query'
import { groupMembersQuery } from './group-members-query.js'
import { groupPreviewQuery } from './group-preview-query.js'
import { groupQuery } from './group-query.js'

/** Asks again for what a group's own page shows. */
export const askForGroup = (client: QueryClient, id: string): Promise<unknown> =>
  Promise.all(
    [groupQuery, groupMembersQuery, groupPreviewQuery].map((query) =>
      client.invalidateQueries({ queryKey: query(id).queryKey }),
    ),
  )
