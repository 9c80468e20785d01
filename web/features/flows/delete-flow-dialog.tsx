import { useQuery } from '@tanstack/react-query'
import type { FlowDetails } from '../../../api/contract/protection-flows.js'
import { formatCount } from '../../lib/format.js'
import { BytesText } from '../../ui/bytes-text.js'
import { ConfirmDialog } from '../../ui/confirm-dialog.js'
import { Dialog } from '../../ui/dialog.js'
import { QueryStates } from '../../ui/query-states.js'
import { flowQuery } from './flow-query.js'
import { useDeleteFlow } from './use-delete-flow.js'

/** Says what stays behind before it deletes; asks for the name where there are backups. */
export const DeleteFlowDialog = ({
  id,
  name,
  onClose,
  onDeleted,
}: {
  id: string
  name: string
  onClose: () => void
  onDeleted: () => void
}) => {
  const flow = useQuery(flowQuery(id))
  if (flow.data !== undefined)
    return <ConfirmDelete flow={flow.data} onClose={onClose} onDeleted={onDeleted} />
  return (
    <Dialog title={`Delete ${name}`} onClose={onClose}>
      <QueryStates asked={flow} loading="Looking up what stays behind" skeletonLines={2}>
        {() => null}
      </QueryStates>
    </Dialog>
  )
}

const ConfirmDelete = ({
  flow,
  onClose,
  onDeleted,
}: {
  flow: FlowDetails
  onClose: () => void
  onDeleted: () => void
}) => {
  const remove = useDeleteFlow(flow.id)
  const { backups, bytes_stored: bytes, executions } = flow.stays_behind
  return (
    <ConfirmDialog
      title={`Delete ${flow.name}`}
      submit="Delete flow"
      {...(backups > 0 ? { typed: { what: "the flow's name", text: flow.name } } : {})}
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate(undefined, { onSuccess: onDeleted })}
      onClose={onClose}
    >
      <p>Nothing runs by this flow any more, and its settings are gone. What stays behind:</p>
      <ul className="mt-2 list-disc space-y-1 pl-5">
        <li>
          {backups === 0 ? (
            'no backups'
          ) : (
            <>
              {formatCount(backups, 'backup')} with <BytesText bytes={bytes} /> in {flow.repository_name}: no
              policy of this flow removes them any more, delete them at their VMs
            </>
          )}
        </li>
        <li>{formatCount(executions, 'run')} in the history</li>
      </ul>
    </ConfirmDialog>
  )
}
