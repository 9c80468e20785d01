import { Button } from 'flowbite-react'
import { Link } from 'react-router'
import type { ScheduleView } from '../../../api/contract/schedules.js'
import { deleteSchedule, updateSchedule } from '../../../api/contract/schedules.js'
import { useMayCall } from '../../lib/role.js'
import type { Column } from '../../ui/data-table.js'
import { DataTable } from '../../ui/data-table.js'
import { FlowCount } from '../../ui/flow-count.js'
import { TimeText } from '../../ui/time-text.js'
import { ScheduleSwitch } from './schedule-switch.js'
import { jitterText } from './schedule-view.js'

export const ScheduleTable = ({
  schedules,
  onEdit,
  onDelete,
}: {
  schedules: readonly ScheduleView[]
  onEdit: (schedule: ScheduleView) => void
  onDelete: (schedule: ScheduleView) => void
}) => {
  const mayEdit = useMayCall(updateSchedule)
  const mayDelete = useMayCall(deleteSchedule)
  const columns: readonly Column<ScheduleView>[] = [
    {
      header: 'Name',
      cell: (schedule) => (
        <Link
          to={`/schedules/${schedule.id}`}
          className="block min-w-28 font-medium [overflow-wrap:anywhere] text-white hover:underline"
        >
          {schedule.name}
        </Link>
      ),
    },
    {
      header: 'When',
      cell: (schedule) => (
        <>
          <span className="block text-gray-100">{schedule.in_words}</span>
          <span className="block text-xs">
            <code className="whitespace-nowrap">{schedule.cron_expression}</code>, {schedule.timezone}
            {schedule.jitter_seconds > 0 && `, ${jitterText(schedule.jitter_seconds)} later`}
          </span>
        </>
      ),
    },
    {
      header: 'Flows',
      cell: (schedule) => <FlowCount count={schedule.flows} to={`/flows?schedule=${schedule.id}`} />,
      isNumeric: true,
    },
    { header: 'Enabled', cell: (schedule) => <ScheduleSwitch schedule={schedule} /> },
    {
      header: 'Next run',
      cell: (schedule) =>
        schedule.enabled ? (
          <TimeText iso={schedule.next_run} none="never" />
        ) : (
          <span className="text-gray-400">none: disabled</span>
        ),
    },
    {
      header: 'Actions',
      cell: (schedule) => (
        <div className="flex gap-2">
          <Button
            size="xs"
            color="alternative"
            aria-label={`Edit ${schedule.name}`}
            disabled={!mayEdit}
            onClick={() => onEdit(schedule)}
          >
            Edit
          </Button>
          <Button
            size="xs"
            color="alternative"
            aria-label={`Delete ${schedule.name}`}
            disabled={!mayDelete}
            onClick={() => onDelete(schedule)}
          >
            Delete
          </Button>
        </div>
      ),
    },
  ]
  return (
    <DataTable caption="Schedules" columns={columns} rows={schedules} rowKey={(schedule) => schedule.id} />
  )
}
