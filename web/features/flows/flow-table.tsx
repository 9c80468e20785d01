import { Button, Checkbox } from 'flowbite-react'
import { Link } from 'react-router'
import type { FlowResponse } from '../../../api/contract/protection-flows.js'
import { executeFlow } from '../../../api/contract/protection-flows.js'
import { useMayCall } from '../../lib/role.js'
import type { Column } from '../../ui/data-table.js'
import { DataTable } from '../../ui/data-table.js'
import type { MenuAction } from '../../ui/row-menu.js'
import { RowMenu } from '../../ui/row-menu.js'
import { SortHead } from '../../ui/sort-head.js'
import { Switch } from '../../ui/switch.js'
import { FlowNameCell, LastRunCell, NextRunCell, PlaceCell, ScheduleCell } from './flow-cells.js'
import type { FlowSort } from './flow-filter.js'
import { isRunning } from './flow-words.js'

export interface FlowTableActions {
  readonly onToggle: (flow: FlowResponse, isOn: boolean) => void
  readonly onRun: (flow: FlowResponse) => void
  readonly menuOf: (flow: FlowResponse) => readonly MenuAction[]
}

interface Sorted {
  readonly sort: FlowSort
  readonly order: 'asc' | 'desc'
  readonly onSort: (column: FlowSort) => void
}

interface Chosen {
  readonly ids: ReadonlySet<string>
  readonly onChoose: (ids: readonly string[], isChosen: boolean) => void
}

export const FlowTable = ({
  flows,
  sorted,
  chosen,
  actions,
}: {
  flows: readonly FlowResponse[]
  sorted: Sorted
  chosen: Chosen
  actions: FlowTableActions
}) => {
  // Running, switching and bulk actions ask for the same role.
  const mayAct = useMayCall(executeFlow)
  const sortable = (column: FlowSort, text: string) => ({
    header: text,
    sorted: sorted.sort === column ? (`${sorted.order}ending` as const) : ('none' as const),
    head: (
      <SortHead
        text={text}
        direction={sorted.sort === column ? sorted.order : undefined}
        onSort={() => sorted.onSort(column)}
      />
    ),
  })
  const columns: readonly Column<FlowResponse>[] = [
    chooseColumn(flows, chosen),
    { ...sortable('name', 'Flow'), cell: (flow) => <FlowNameCell flow={flow} /> },
    { header: 'Repository', cell: (flow) => <PlaceCell flow={flow} />, isSecondary: true },
    { header: 'Schedule', cell: (flow) => <ScheduleCell flow={flow} /> },
    { ...sortable('last_execution_time', 'Last run'), cell: (flow) => <LastRunCell flow={flow} /> },
    { ...sortable('next_execution_time', 'Next run'), cell: (flow) => <NextRunCell flow={flow} /> },
    {
      header: 'Enabled',
      cell: (flow) => (
        <Switch
          name={`${flow.name} enabled`}
          isOn={flow.enabled}
          isDisabled={!mayAct}
          onChange={(isOn) => actions.onToggle(flow, isOn)}
        />
      ),
    },
    { header: 'Actions', cell: (flow) => <ActionsCell flow={flow} mayAct={mayAct} actions={actions} /> },
  ]
  return <DataTable caption="Protection flows" columns={columns} rows={flows} rowKey={({ id }) => id} />
}

const chooseColumn = (flows: readonly FlowResponse[], { ids, onChoose }: Chosen): Column<FlowResponse> => ({
  header: 'Choose',
  head: (
    <Checkbox
      aria-label="Choose all flows shown"
      checked={flows.length > 0 && flows.every(({ id }) => ids.has(id))}
      onChange={(event) =>
        onChoose(
          flows.map(({ id }) => id),
          event.target.checked,
        )
      }
    />
  ),
  cell: ({ id, name }) => (
    <Checkbox
      aria-label={`Choose ${name}`}
      checked={ids.has(id)}
      onChange={(event) => onChoose([id], event.target.checked)}
    />
  ),
})

const ActionsCell = ({
  flow,
  mayAct,
  actions,
}: {
  flow: FlowResponse
  mayAct: boolean
  actions: FlowTableActions
}) => (
  <div className="flex flex-wrap items-center gap-2 @3xl:flex-nowrap">
    {isRunning(flow) && flow.status.last_execution_id !== null ? (
      <Link
        to={`/executions/${flow.status.last_execution_id}`}
        className="whitespace-nowrap text-blue-400 underline"
      >
        Show run<span className="sr-only"> of {flow.name}</span>
      </Link>
    ) : (
      <Button
        size="xs"
        color="blue"
        className="whitespace-nowrap"
        aria-label={`Run ${flow.name} now`}
        disabled={!mayAct}
        title={mayAct ? undefined : 'Needs the operator role'}
        onClick={() => actions.onRun(flow)}
      >
        Run now
      </Button>
    )}
    <RowMenu label={`More actions for ${flow.name}`} actions={actions.menuOf(flow)} />
  </div>
)
