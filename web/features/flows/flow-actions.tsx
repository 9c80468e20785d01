import { useQuery } from '@tanstack/react-query'
import { Button } from 'flowbite-react'
import type { ReactNode } from 'react'
import { useState } from 'react'
import { Link } from 'react-router'
import type { FlowDetails } from '../../../api/contract/protection-flows.js'
import { executeFlow } from '../../../api/contract/protection-flows.js'
import { failureText } from '../../lib/failure-text.js'
import { useMayCall } from '../../lib/role.js'
import { flowStatusQuery } from './flow-status-query.js'
import type { FlowDialogKind } from './flow-open-dialog.js'
import { FlowOpenDialog } from './flow-open-dialog.js'
import { readiness } from './flow-words.js'
import { useExecuteFlow } from './use-execute-flow.js'

/** What can be done with a flow now. `children`: what can be asked of its run. */
export const FlowActions = ({
  flow,
  onDeleted,
  children,
}: {
  flow: FlowDetails
  onDeleted: () => void
  children: ReactNode
}) => {
  const [open, setOpen] = useState<FlowDialogKind>()
  const execute = useExecuteFlow()
  const mayRun = useMayCall(executeFlow)
  const status = useQuery(flowStatusQuery(flow.id))
  const isOpen = flow.current_execution !== null
  const opener = (kind: FlowDialogKind, text: string) => (
    <Button
      size="sm"
      color={kind === 'delete' ? 'red' : 'alternative'}
      disabled={!mayRun}
      onClick={() => setOpen(kind)}
    >
      {text}
    </Button>
  )
  const runner = (type: 'auto' | 'full', text: string) => (
    <Button
      size="sm"
      color={type === 'auto' ? 'blue' : 'alternative'}
      disabled={!mayRun || execute.isPending}
      onClick={() => execute.mutate({ id: flow.id, type })}
    >
      {text}
    </Button>
  )
  return (
    <div className="rounded-lg border border-gray-700 bg-gray-800 p-4">
      <p role="status" className="mb-3 text-sm text-gray-200">
        {readiness(flow, status.data)}
      </p>
      <div className="flex flex-wrap items-center gap-2">
        {!isOpen && runner('auto', 'Backup now')}
        {!isOpen && runner('full', 'Run as full')}
        {children}
        {opener('edit', 'Edit')}
        {opener('test', 'Test')}
        {opener('clone', 'Clone')}
        {!isOpen && opener('delete', 'Delete')}
      </div>
      {execute.error && (
        <p role="alert" className="mt-2 text-sm text-red-300">
          {failureText(execute.error).sentence}. {failureText(execute.error).remedy}
        </p>
      )}
      <RestoreLinks flow={flow} />
      {open && (
        <FlowOpenDialog kind={open} flow={flow} onClose={() => setOpen(undefined)} onDeleted={onDeleted} />
      )}
    </div>
  )
}

/** The way to what was backed up: from the only machine's points, or from the table's. */
const RestoreLinks = ({ flow: { machines, machines_total: total } }: { flow: FlowDetails }) => {
  const [only] = machines
  if (only === undefined || only.last_backup_at === null) {
    if (total < 2) return null
  } else if (total === 1)
    return (
      <p className="mt-3 flex flex-wrap gap-4 text-sm">
        {['Restore files', 'Browse backup'].map((text) => (
          <Link key={text} to={`/vms/${only.vm_context_id}/points`} className="text-blue-400 underline">
            {text}
          </Link>
        ))}
      </p>
    )
  return (
    <p className="mt-3 text-sm text-gray-400">
      Restore files, browse backup: choose the restore points of a machine above.
    </p>
  )
}
