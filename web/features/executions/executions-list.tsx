import { useInfiniteQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { ExecutionFilter } from '../../../api/contract/executions.js'
import { ListEnd } from '../../ui/list-end.js'
import { QueryStates } from '../../ui/query-states.js'
import { ExecutionTable } from './execution-table.js'
import { executionsQuery } from './executions-query.js'

/** Runs that match, a page at a time. */
export const ExecutionsList = ({ filter, empty }: { filter: ExecutionFilter; empty: ReactNode }) => {
  const list = useInfiniteQuery(executionsQuery(filter))
  return (
    <QueryStates
      asked={list}
      loading="Loading executions"
      isEmpty={({ pages }) => pages.every((page) => page.executions.length === 0)}
      empty={empty}
    >
      {({ pages }) => {
        const runs = pages.flatMap((page) => page.executions)
        return (
          <>
            <ExecutionTable runs={runs} hasFlow={filter.flow_id === undefined} />
            <ListEnd list={list} shown={runs.length} />
          </>
        )
      }}
    </QueryStates>
  )
}
