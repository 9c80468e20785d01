import { useInfiniteQuery } from '@tanstack/react-query'
import { Button } from 'flowbite-react'
import { useState } from 'react'
import type { ScheduleView } from '../../../api/contract/schedules.js'
import { createSchedule } from '../../../api/contract/schedules.js'
import { useMayCall } from '../../lib/role.js'
import { EmptyNote } from '../../ui/empty-note.js'
import { ListEnd } from '../../ui/list-end.js'
import { PageHeader } from '../../ui/page-header.js'
import { QueryStates } from '../../ui/query-states.js'
import { DeleteScheduleDialog } from './delete-schedule-dialog.js'
import { ScheduleDialog } from './schedule-dialog.js'
import { ScheduleTable } from './schedule-table.js'
import { schedulesQuery } from './schedules-query.js'

type Open = { kind: 'create' } | { kind: 'edit' | 'delete'; schedule: ScheduleView }

export const SchedulesPage = () => {
  const list = useInfiniteQuery(schedulesQuery())
  const [open, setOpen] = useState<Open>()
  const mayCreate = useMayCall(createSchedule)
  const close = () => setOpen(undefined)
  return (
    <>
      <PageHeader title="Schedules" hint="When flows run. Several flows may share one.">
        <Button color="blue" disabled={!mayCreate} onClick={() => setOpen({ kind: 'create' })}>
          Create schedule
        </Button>
      </PageHeader>
      <QueryStates
        asked={list}
        loading="Loading schedules"
        isEmpty={({ pages }) => pages.every((page) => page.schedules.length === 0)}
        empty={<EmptyNote title="No schedule yet">Create one so that flows run by themselves.</EmptyNote>}
      >
        {({ pages }) => (
          <>
            <ScheduleTable
              schedules={pages.flatMap((page) => page.schedules)}
              onEdit={(schedule) => setOpen({ kind: 'edit', schedule })}
              onDelete={(schedule) => setOpen({ kind: 'delete', schedule })}
            />
            <ListEnd list={list} shown={pages.reduce((sum, page) => sum + page.schedules.length, 0)} />
          </>
        )}
      </QueryStates>
      {open?.kind === 'create' && <ScheduleDialog onClose={close} />}
      {open?.kind === 'edit' && <ScheduleDialog schedule={open.schedule} onClose={close} />}
      {open?.kind === 'delete' && (
        <DeleteScheduleDialog schedule={open.schedule} onClose={close} onDeleted={close} />
      )}
    </>
  )
}
