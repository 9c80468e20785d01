import { infiniteQueryOptions } from '@tanstack/react-query'
import type { ItemFilter } from '../../../api/contract/executions.js'
import { listExecutionItems } from '../../../api/contract/executions.js'
import { callApi } from '../../lib/api.js'

/** The VMs of a run in the order of its plan, page by page. */
export const executionItemsQuery = (id: string, status: ItemFilter['status']) =>
  infiniteQueryOptions({
    queryKey: [listExecutionItems.name, 'pages', { id, status }] as const,
    initialPageParam: -1,
    queryFn: ({ pageParam, signal }) =>
      callApi(
        listExecutionItems,
        { params: { id }, query: { limit: 50, after: pageParam, ...(status ? { status } : {}) } },
        signal,
      ),
    getNextPageParam: (last) => last.next_after,
  })
