import { Button } from 'flowbite-react'
import { useState } from 'react'
import { bulkDeleteFlows } from '../../../api/contract/all-flows.js'
import type { FlowResponse } from '../../../api/contract/protection-flows.js'
import { formatCount } from '../../lib/format.js'
import { useMayCall } from '../../lib/role.js'
import { BulkDialog } from './bulk-dialog.js'
import type { BulkAction } from './use-bulk-flows.js'

const actions: readonly { action: BulkAction; text: string; color: string }[] = [
  { action: 'enable', text: 'Enable', color: 'alternative' },
  { action: 'disable', text: 'Disable', color: 'alternative' },
  { action: 'delete', text: 'Delete', color: 'red' },
]

/** What can be done to all chosen flows at once; nothing while none is chosen. */
export const BulkBar = ({ flows, onClear }: { flows: readonly FlowResponse[]; onClear: () => void }) => {
  const [open, setOpen] = useState<{ action: BulkAction; flows: readonly FlowResponse[] }>()
  // All three ask for the same role.
  const mayDo = useMayCall(bulkDeleteFlows)
  return (
    <>
      {flows.length > 0 && (
        <div
          role="region"
          aria-label="Chosen flows"
          className="mb-3 flex flex-wrap items-center gap-2 rounded-lg border border-blue-700 bg-blue-950/60 p-3 text-sm"
        >
          <span role="status" className="mr-2 font-medium text-white">
            {formatCount(flows.length, 'flow')} chosen
          </span>
          {actions.map(({ action, text, color }) => (
            <Button
              key={action}
              size="sm"
              color={color}
              disabled={!mayDo}
              onClick={() => setOpen({ action, flows })}
            >
              {text}
            </Button>
          ))}
          <Button size="sm" color="alternative" onClick={onClear}>
            Clear
          </Button>
        </div>
      )}
      {open && (
        <BulkDialog
          action={open.action}
          flows={open.flows}
          onClose={(isDone) => {
            setOpen(undefined)
            if (isDone) onClear()
          }}
        />
      )}
    </>
  )
}
