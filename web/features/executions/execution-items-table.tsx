import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'react-router'
import type { ExecutionItem, ItemStatus } from '../../../domain/execution.js'
import { itemStatuses } from '../../../domain/execution.js'
import { formatDuration, secondsBetween } from '../../lib/format.js'
import { useNow } from '../../lib/now.js'
import { BytesText } from '../../ui/bytes-text.js'
import type { Column } from '../../ui/data-table.js'
import { DataTable } from '../../ui/data-table.js'
import { EmptyNote } from '../../ui/empty-note.js'
import { ListEnd } from '../../ui/list-end.js'
import { QueryStates } from '../../ui/query-states.js'
import { SelectField } from '../../ui/select-field.js'
import { executionItemsQuery } from './execution-items-query.js'
import { ItemReasons } from './item-reasons.js'
import { ItemStatusTag } from './item-status-tag.js'

const choices = [
  { value: '', text: 'All' },
  ...itemStatuses.map((status) => ({
    value: status as string,
    text: status === 'pending' ? 'queued' : status,
  })),
]

/** The VMs of a run in the order of its plan. */
export const ExecutionItemsTable = ({ id, isMoving }: { id: string; isMoving: boolean }) => {
  const [status, setStatus] = useState<ItemStatus>()
  const list = useInfiniteQuery({
    ...executionItemsQuery(id, status),
    refetchInterval: isMoving ? 5000 : false,
  })
  const now = useNow(isMoving)
  return (
    <div className="space-y-3">
      <div className="max-w-48">
        <SelectField
          label="Status of VMs"
          value={status ?? ''}
          choices={choices}
          onChange={(value) => setStatus(itemStatuses.find((each) => each === value))}
        />
      </div>
      <QueryStates
        asked={list}
        loading="Loading the VMs of this run"
        isEmpty={({ pages }) => pages.every((page) => page.items.length === 0)}
        empty={
          <EmptyNote title={status === undefined ? 'No VM is planned yet' : `No VM is ${status}`}>
            {status === undefined && isMoving && 'The plan is made when the run begins.'}
          </EmptyNote>
        }
      >
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items)
          return (
            <>
              <DataTable
                caption="VMs of this run"
                columns={columnsOf(now)}
                rows={items}
                rowKey={({ position }) => String(position)}
              />
              <ListEnd list={list} shown={items.length} />
            </>
          )
        }}
      </QueryStates>
    </div>
  )
}

const columnsOf = (now: number): readonly Column<ExecutionItem>[] => [
  {
    header: 'VM',
    cell: (item) => (
      <Link
        to={`/vms/${item.vm_context_id}/points`}
        title="Its restore points"
        className="block min-w-24 font-medium [overflow-wrap:anywhere] text-white hover:underline"
      >
        {item.vm_name}
      </Link>
    ),
  },
  { header: 'Status', cell: (item) => <ItemStatusTag status={item.status} /> },
  { header: 'Reason', cell: (item) => <ItemReasons item={item} /> },
  { header: 'Attempts', cell: (item) => item.attempts, isNumeric: true },
  { header: 'Backup', cell: (item) => <BackupCell item={item} /> },
  {
    header: 'Read',
    cell: (item) => <BytesText bytes={item.bytes_transferred} />,
    isNumeric: true,
    isSecondary: true,
  },
  {
    header: 'Time',
    cell: (item) =>
      item.started_at === null
        ? '–'
        : formatDuration(secondsBetween(item.started_at, item.completed_at, now)),
    isNumeric: true,
    isSecondary: true,
  },
]

const BackupCell = ({ item }: { item: ExecutionItem }) =>
  item.backup_id === null ? (
    <span className="text-gray-400">none</span>
  ) : (
    <Link to={`/backups/${item.backup_id}`} className="text-blue-400 underline">
      Backup<span className="sr-only"> of {item.vm_name}</span>
    </Link>
  )
