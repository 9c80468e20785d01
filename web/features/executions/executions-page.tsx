import { Link, useSearchParams } from 'react-router'
import { executionStatuses, executionTypes } from '../../../domain/execution.js'
import { EmptyNote } from '../../ui/empty-note.js'
import { PageHeader } from '../../ui/page-header.js'
import { SelectField } from '../../ui/select-field.js'
import { ExecutionsList } from './executions-list.js'
import { FlowOfHistory } from './flow-of-history.js'

const withAll = (values: readonly string[]) => [
  { value: '', text: 'All' },
  ...values.map((value) => ({ value, text: value })),
]
const statuses = withAll(executionStatuses)
const types = withAll(executionTypes)

/** Runs of all flows or of one; what is chosen stands in the address. */
export const ExecutionsPage = () => {
  const [search, setSearch] = useSearchParams()
  const flowId = search.get('flow')
  const status = executionStatuses.find((each) => each === search.get('status'))
  const type = executionTypes.find((each) => each === search.get('type'))
  const choose = (name: string, value: string) => {
    const next = new URLSearchParams(search)
    if (value === '') next.delete(name)
    else next.set(name, value)
    setSearch(next)
  }
  const filter = {
    ...(flowId === null ? {} : { flow_id: flowId }),
    ...(status === undefined ? {} : { status }),
    ...(type === undefined ? {} : { execution_type: type }),
  }
  return (
    <>
      <PageHeader title="Executions" hint="Each run of each flow, newest first; what runs moves by itself.">
        <SelectField
          label="Status"
          value={status ?? ''}
          choices={statuses}
          onChange={(value) => choose('status', value)}
        />
        <SelectField
          label="Started"
          value={type ?? ''}
          choices={types}
          onChange={(value) => choose('type', value)}
        />
      </PageHeader>
      {flowId !== null && <FlowOfHistory id={flowId} onAll={() => choose('flow', '')} />}
      <ExecutionsList
        key={JSON.stringify(filter)}
        filter={filter}
        empty={
          Object.keys(filter).length === 0 ? (
            <EmptyNote title="Nothing has run yet">
              Runs begin by the schedule of a{' '}
              <Link to="/flows" className="text-blue-400 underline">
                protection flow
              </Link>
              , or when somebody asks.
            </EmptyNote>
          ) : (
            <EmptyNote title="No run matches">Choose other filters.</EmptyNote>
          )
        }
      />
    </>
  )
}
