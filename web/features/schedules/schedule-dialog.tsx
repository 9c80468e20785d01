import { useState } from 'react'
import type { ScheduleView } from '../../../api/contract/schedules.js'
import { formatCount, zoneName } from '../../lib/format.js'
import { DialogActions } from '../../ui/dialog-actions.js'
import { Dialog } from '../../ui/dialog.js'
import { FailureNote } from '../../ui/failure-note.js'
import { CronPreview } from './cron-preview.js'
import { scheduleBodyOf, scheduleDraftOf } from './schedule-draft.js'
import { ScheduleFields } from './schedule-fields.js'
import { useSaveSchedule } from './use-save-schedule.js'

/** Makes a schedule or, with one, changes it. */
export const ScheduleDialog = ({ schedule, onClose }: { schedule?: ScheduleView; onClose: () => void }) => {
  const [draft, setDraft] = useState(() => scheduleDraftOf(schedule, zoneName()))
  const save = useSaveSchedule(schedule?.id)
  return (
    <Dialog title={schedule ? `Edit ${schedule.name}` : 'Create schedule'} onClose={onClose} isWide>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate(scheduleBodyOf(draft), { onSuccess: onClose })
        }}
      >
        <div className="grid gap-x-8 gap-y-6 md:grid-cols-2">
          <div className="space-y-4">
            <ScheduleFields draft={draft} onChange={setDraft} />
            {schedule && schedule.flows > 1 && (
              <p className="text-sm text-yellow-200">
                {formatCount(schedule.flows, 'flow')} share this schedule and follow what you change.
              </p>
            )}
          </div>
          <section aria-label="Next runs" className="self-start md:sticky md:top-0">
            <CronPreview cron={draft.cron} timezone={draft.timezone} />
          </section>
        </div>
        {save.error ? (
          <div className="mt-4">
            <FailureNote error={save.error} />
          </div>
        ) : null}
        <DialogActions
          submit={schedule ? 'Save schedule' : 'Create schedule'}
          isPending={save.isPending}
          onCancel={onClose}
        />
      </form>
    </Dialog>
  )
}
