import { FlowFilter } from '../../../api/contract/protection-flows.js'
import { filterOf, isFiltered, sortedBy, withFilter } from './flow-filter.js'

test('an address with everything is the filter of the API', () => {
  const search = new URLSearchParams(
    'search=%20data%20&type=backup&enabled=false&status=error&repository=2&policy=3&schedule=sched-1&target=grp-1&sort=name&order=asc',
  )
  const filter = filterOf(search)
  expect(filter).toEqual({
    search: 'data',
    flow_type: 'backup',
    enabled: 'false',
    last_execution_status: 'error',
    repository_id: 2,
    policy_id: 3,
    schedule_id: 'sched-1',
    target_id: 'grp-1',
    sort: 'name',
    order: 'asc',
  })
  expect(FlowFilter.safeParse(filter).success).toBe(true)
})

test('what an address has wrong is left out, and the newest stand first', () => {
  const search = new URLSearchParams(
    'search=%20&type=other&enabled=1&status=no&repository=x&policy=1.5&sort=id&order=up',
  )
  expect(filterOf(search)).toEqual({ sort: 'created_at', order: 'desc' })
  expect(isFiltered(search)).toBe(false)
  expect(isFiltered(new URLSearchParams('search=a&sort=name'))).toBe(true)
})

test('a column sorts, turns round and lets go', () => {
  const orders = (column: Parameters<typeof sortedBy>[1]): string[] => {
    let search = new URLSearchParams('status=error')
    return [0, 1, 2].map(() => {
      search = sortedBy(search, column)
      return search.toString()
    })
  }
  expect(orders('name')).toEqual([
    'status=error&sort=name&order=asc',
    'status=error&sort=name&order=desc',
    'status=error',
  ])
  expect(orders('last_execution_time')[0]).toBe('status=error&sort=last_execution_time&order=desc')
})

test('a filter that is emptied leaves the address', () => {
  const search = withFilter(new URLSearchParams('status=error'), 'search', 'a b')
  expect(search.toString()).toBe('status=error&search=a+b')
  expect(withFilter(search, 'status', '').toString()).toBe('search=a+b')
})
