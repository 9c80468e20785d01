import { useState } from 'react'
import { DialogActions } from '../../ui/dialog-actions.js'
import { Dialog } from '../../ui/dialog.js'
import { FailureNote } from '../../ui/failure-note.js'
import { TextField } from '../../ui/text-field.js'
import { AskedRuns } from './asked-runs.js'
import { usePauseAll } from './use-pause-all.js'

export const PauseAllDialog = ({ onClose }: { onClose: () => void }) => {
  const [reason, setReason] = useState('')
  const pause = usePauseAll()
  if (pause.data)
    return (
      <Dialog title="Everything is paused" onClose={onClose}>
        <AskedRuns answer={pause.data} asked="to pause" onClose={onClose} />
      </Dialog>
    )
  return (
    <Dialog title="Pause everything" onClose={onClose}>
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault()
          pause.mutate(reason)
        }}
      >
        <p className="text-sm text-gray-300">
          Schedules start nothing any more, and all running executions pause, until somebody resumes
          everything. Backups that stand are not touched.
        </p>
        <TextField
          label="Reason"
          hint="Shown to everybody while it lasts."
          value={reason}
          onChange={setReason}
          maxLength={500}
          autoComplete="off"
        />
        {pause.error ? <FailureNote error={pause.error} /> : null}
        <DialogActions submit="Pause everything" isPending={pause.isPending} onCancel={onClose} />
      </form>
    </Dialog>
  )
}
