import { useQuery } from '@tanstack/react-query'
import { useCallback } from 'react'
import { flowTypes, lastExecutionStatuses } from '../../../domain/flow.js'
import { SearchField } from '../../ui/search-field.js'
import type { Choice } from '../../ui/select-field.js'
import { SelectField } from '../../ui/select-field.js'
import type { FilterName } from './flow-filter.js'
import { withFilter } from './flow-filter.js'
import { flowPoliciesQuery } from './flow-policies-query.js'
import { flowRepositoriesQuery } from './flow-repositories-query.js'
import { flowSchedulesQuery } from './flow-schedules-query.js'

const all: Choice<string> = { value: '', text: 'All' }
const types = [all, ...flowTypes.map((type) => ({ value: type as string, text: type as string }))]
const states = [all, { value: 'true', text: 'enabled' }, { value: 'false', text: 'disabled' }]
const statuses = [
  all,
  ...lastExecutionStatuses.map((status) => ({
    value: status as string,
    text: status === 'pending' ? 'never run' : status,
  })),
]

/** What the list of flows is narrowed to; stands in the page's address. */
export const FlowFilters = ({
  search,
  onChange,
}: {
  search: URLSearchParams
  onChange: (search: URLSearchParams) => void
}) => {
  const repositories = useQuery(flowRepositoriesQuery())
  const policies = useQuery(flowPoliciesQuery())
  const schedules = useQuery(flowSchedulesQuery())
  const choose = useCallback(
    (name: FilterName, value: string) => onChange(withFilter(search, name, value)),
    [search, onChange],
  )
  const searchFor = useCallback((text: string) => choose('search', text), [choose])
  const select = (name: FilterName, label: string, choices: readonly Choice<string>[]) => (
    <SelectField
      label={label}
      value={search.get(name) ?? ''}
      choices={choices}
      onChange={(value) => choose(name, value)}
    />
  )
  return (
    <search className="@container mb-4 block">
      <div className="grid grid-cols-2 gap-3 @2xl:grid-cols-4 @6xl:grid-cols-7">
        <SearchField label="Search by name" value={search.get('search') ?? ''} onChange={searchFor} />
        {select('type', 'Type', types)}
        {select('enabled', 'State', states)}
        {select('status', 'Last run', statuses)}
        {select('repository', 'Repository', [
          all,
          ...(repositories.data?.repositories ?? []).map(({ id, name }) => ({
            value: String(id),
            text: name,
          })),
        ])}
        {select('policy', 'Policy', [
          all,
          ...(policies.data?.policies ?? []).map(({ id, name }) => ({ value: String(id), text: name })),
        ])}
        {select('schedule', 'Schedule', [
          all,
          ...(schedules.data?.schedules ?? []).map(({ id, name }) => ({ value: id, text: name })),
        ])}
      </div>
    </search>
  )
}
