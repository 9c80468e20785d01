import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import type { ScheduleExecutionView } from '../../../api/contract/schedules.js'
import type { Column } from '../../ui/data-table.js'
import { DataTable } from '../../ui/data-table.js'
import { EmptyNote } from '../../ui/empty-note.js'
import { ListEnd } from '../../ui/list-end.js'
import { QueryStates } from '../../ui/query-states.js'
import { StatusTag } from '../../ui/status-tag.js'
import { TimeText } from '../../ui/time-text.js'
import { scheduleExecutionsQuery } from './schedule-executions-query.js'
import { executionTones } from './schedule-view.js'

const columns: readonly Column<ScheduleExecutionView>[] = [
  { header: 'Due', cell: (each) => <TimeText iso={each.nominal_time} /> },
  {
    header: 'Flow',
    cell: (each) => (
      <Link
        to={`/flows/${each.flow_id}`}
        className="block min-w-24 [overflow-wrap:anywhere] text-white hover:underline"
      >
        {each.flow_name}
      </Link>
    ),
  },
  {
    header: 'What became of it',
    cell: (each) => <StatusTag tone={executionTones[each.status]}>{each.status}</StatusTag>,
  },
  {
    header: 'Why',
    cell: (each) => <span className="block min-w-32 [overflow-wrap:anywhere]">{each.reason ?? '–'}</span>,
  },
  {
    header: 'Execution',
    cell: (each) =>
      each.execution_id === null ? (
        <span className="text-gray-400">none</span>
      ) : (
        <Link to={`/executions/${each.execution_id}`} className="text-blue-400 underline">
          Show<span className="sr-only"> the execution of {each.flow_name}</span>
        </Link>
      ),
  },
]

/** Each due time of each flow that shares the schedule, newest first. */
export const ScheduleExecutions = ({ id }: { id: string }) => {
  const list = useInfiniteQuery(scheduleExecutionsQuery(id))
  return (
    <QueryStates
      asked={list}
      loading="Loading due times"
      isEmpty={({ pages }) => pages.every((page) => page.schedule_executions.length === 0)}
      empty={<EmptyNote title="No due time yet">It has not rung for any flow so far.</EmptyNote>}
    >
      {({ pages }) => {
        const rows = pages.flatMap((page) => page.schedule_executions)
        return (
          <>
            <DataTable
              caption="Due times, newest first"
              columns={columns}
              rows={rows}
              rowKey={(each) => each.id}
            />
            <ListEnd list={list} shown={rows.length} />
          </>
        )
      }}
    </QueryStates>
  )
}
