import { useQuery } from '@tanstack/react-query'
import { Button } from 'flowbite-react'
import { useState } from 'react'
import type { ScheduleView } from '../../../api/contract/schedules.js'
import { deleteSchedule, updateSchedule } from '../../../api/contract/schedules.js'
import { useMayCall } from '../../lib/role.js'
import { scheduleRunsQuery } from '../../lib/schedule-runs-query.js'
import { NextRuns } from '../../ui/next-runs.js'
import { PageHeader } from '../../ui/page-header.js'
import { QueryStates } from '../../ui/query-states.js'
import { Section } from '../../ui/section.js'
import { DeleteScheduleDialog } from './delete-schedule-dialog.js'
import { ScheduleDialog } from './schedule-dialog.js'
import { ScheduleExecutions } from './schedule-executions.js'
import { ScheduleFacts } from './schedule-facts.js'
import { scheduleQuery } from './schedule-query.js'

/** One schedule: its next runs, and what became of each due time. */
export const SchedulePage = ({ id, onDeleted }: { id: string; onDeleted: () => void }) => {
  const schedule = useQuery(scheduleQuery(id))
  return (
    <>
      {schedule.data === undefined && <PageHeader title="Schedule" />}
      <QueryStates asked={schedule} loading="Loading the schedule">
        {(found) => <ScheduleContent schedule={found} onDeleted={onDeleted} />}
      </QueryStates>
    </>
  )
}

const ScheduleContent = ({ schedule, onDeleted }: { schedule: ScheduleView; onDeleted: () => void }) => {
  const [open, setOpen] = useState<'edit' | 'delete'>()
  const runs = useQuery(scheduleRunsQuery(schedule.id))
  const mayEdit = useMayCall(updateSchedule)
  const mayDelete = useMayCall(deleteSchedule)
  const close = () => setOpen(undefined)
  return (
    <>
      <PageHeader title={schedule.name} hint="Schedule">
        <Button color="alternative" disabled={!mayEdit} onClick={() => setOpen('edit')}>
          Edit
        </Button>
        <Button color="alternative" disabled={!mayDelete} onClick={() => setOpen('delete')}>
          Delete
        </Button>
      </PageHeader>
      <div className="grid gap-8 xl:grid-cols-2">
        <ScheduleFacts schedule={schedule} />
        <QueryStates asked={runs} loading="Reckoning the next runs">
          {(preview) => <NextRuns preview={preview} timezone={schedule.timezone} />}
        </QueryStates>
      </div>
      <Section title="What became of its due times">
        <ScheduleExecutions id={schedule.id} />
      </Section>
      {open === 'edit' && <ScheduleDialog schedule={schedule} onClose={close} />}
      {open === 'delete' && (
        <DeleteScheduleDialog schedule={schedule} onClose={close} onDeleted={onDeleted} />
      )}
    </>
  )
}
