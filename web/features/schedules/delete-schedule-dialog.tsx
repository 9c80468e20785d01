import type { ScheduleView } from '../../../api/contract/schedules.js'
import { ConfirmDialog } from '../../ui/confirm-dialog.js'
import { useDeleteSchedule } from './use-delete-schedule.js'

export const DeleteScheduleDialog = ({
  schedule,
  onClose,
  onDeleted,
}: {
  schedule: ScheduleView
  onClose: () => void
  onDeleted: () => void
}) => {
  const remove = useDeleteSchedule(schedule.id)
  return (
    <ConfirmDialog
      title={`Delete ${schedule.name}`}
      submit="Delete schedule"
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate(undefined, { onSuccess: onDeleted })}
      onClose={onClose}
    >
      The schedule is removed. A schedule that a flow uses is not: give those flows another one, or none,
      first.
    </ConfirmDialog>
  )
}
