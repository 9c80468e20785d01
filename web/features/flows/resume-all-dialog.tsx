import { ConfirmDialog } from '../../ui/confirm-dialog.js'
import { Dialog } from '../../ui/dialog.js'
import { AskedRuns } from './asked-runs.js'
import { useResumeAll } from './use-resume-all.js'

export const ResumeAllDialog = ({ onClose }: { onClose: () => void }) => {
  const resume = useResumeAll()
  if (resume.data)
    return (
      <Dialog title="Everything goes on" onClose={onClose}>
        <AskedRuns answer={resume.data} asked="to go on" onClose={onClose} />
      </Dialog>
    )
  return (
    <ConfirmDialog
      title="Resume everything"
      submit="Resume everything"
      isDangerous={false}
      isPending={resume.isPending}
      error={resume.error}
      onConfirm={() => resume.mutate()}
      onClose={onClose}
    >
      Schedules start runs again, and executions that were paused with everything go on. What somebody paused
      by itself stays paused.
    </ConfirmDialog>
  )
}
