import type { ExecutionDetails } from '../../../api/contract/executions.js'
import { ConfirmDialog } from '../../ui/confirm-dialog.js'
import { useExecutionAction } from './use-execution-action.js'

export const CancelExecutionDialog = ({ run, onClose }: { run: ExecutionDetails; onClose: () => void }) => {
  const ask = useExecutionAction(run.id)
  return (
    <ConfirmDialog
      title={`Cancel this run of ${run.flow_name}`}
      submit="Cancel run"
      isPending={ask.isPending}
      error={ask.error}
      onConfirm={() => ask.mutate('cancel', { onSuccess: onClose })}
      onClose={onClose}
    >
      <p>
        Backups that are under way stop; what they copied so far is removed, and so are their snapshots. No
        further VM begins.
      </p>
      <p className="mt-2">Backups that this run has completed stay, and so do all earlier ones.</p>
    </ConfirmDialog>
  )
}
