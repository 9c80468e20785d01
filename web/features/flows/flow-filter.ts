import type { FlowFilter } from '../../../api/contract/protection-flows.js'
import { flowTypes, lastExecutionStatuses } from '../../../domain/flow.js'

export type FlowSort = NonNullable<FlowFilter['sort']>
const sorts: readonly FlowSort[] = ['created_at', 'name', 'last_execution_time', 'next_execution_time']

/** Names of the filters in the page's address. */
export type FilterName =
  'search' | 'type' | 'enabled' | 'status' | 'repository' | 'policy' | 'schedule' | 'target'

/** The page's address as the API's filter; what it does not know is left out. */
export const filterOf = (search: URLSearchParams): FlowFilter => {
  const type = flowTypes.find((each) => each === search.get('type'))
  const status = lastExecutionStatuses.find((each) => each === search.get('status'))
  const enabled = (['true', 'false'] as const).find((each) => each === search.get('enabled'))
  const text = search.get('search')?.trim()
  return {
    ...(text ? { search: text } : {}),
    ...(type ? { flow_type: type } : {}),
    ...(enabled ? { enabled } : {}),
    ...(status ? { last_execution_status: status } : {}),
    ...numberOf('repository_id', search.get('repository')),
    ...numberOf('policy_id', search.get('policy')),
    ...idOf('schedule_id', search.get('schedule')),
    ...idOf('target_id', search.get('target')),
    ...sortOf(search),
  }
}

const numberOf = (name: 'repository_id' | 'policy_id', value: string | null): FlowFilter =>
  value !== null && /^\d{1,10}$/.test(value) ? { [name]: Number(value) } : {}
const idOf = (name: 'schedule_id' | 'target_id', value: string | null): FlowFilter =>
  value === null || value === '' ? {} : { [name]: value }

/** What a list is sorted by; the newest first where nothing else was chosen. */
export const sortOf = (search: URLSearchParams): { sort: FlowSort; order: 'asc' | 'desc' } => {
  const sort = sorts.find((each) => each === search.get('sort')) ?? 'created_at'
  const order = search.get('order') === 'asc' ? 'asc' : 'desc'
  return { sort, order }
}

/** The address after a click on a column's head: first as the column is mostly wanted, then turned round, then off. */
export const sortedBy = (search: URLSearchParams, column: FlowSort): URLSearchParams => {
  const { sort, order } = sortOf(search)
  // Runs that just were, names from A, and what comes soon.
  const first = column === 'last_execution_time' ? 'desc' : 'asc'
  const next = new URLSearchParams(search)
  if (sort !== column) {
    next.set('sort', column)
    next.set('order', first)
  } else if (order === first) next.set('order', first === 'asc' ? 'desc' : 'asc')
  else {
    next.delete('sort')
    next.delete('order')
  }
  return next
}

/** The address with another filter; an empty value takes it away. */
export const withFilter = (search: URLSearchParams, name: FilterName, value: string): URLSearchParams => {
  const next = new URLSearchParams(search)
  if (value === '') next.delete(name)
  else next.set(name, value)
  return next
}

/** Whether anything is filtered by, sorting apart. */
export const isFiltered = (search: URLSearchParams): boolean => {
  const { sort: _sort, order: _order, ...rest } = filterOf(search)
  return Object.keys(rest).length > 0
}
