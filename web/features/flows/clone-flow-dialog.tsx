import { useState } from 'react'
import type { FlowResponse } from '../../../api/contract/protection-flows.js'
import { DialogActions } from '../../ui/dialog-actions.js'
import { Dialog } from '../../ui/dialog.js'
import { FailureNote } from '../../ui/failure-note.js'
import { TextField } from '../../ui/text-field.js'
import { nameOfCopy } from './flow-words.js'
import { useCloneFlow } from './use-clone-flow.js'

export const CloneFlowDialog = ({ flow, onClose }: { flow: FlowResponse; onClose: () => void }) => {
  const [name, setName] = useState(nameOfCopy(flow.name))
  const clone = useCloneFlow(flow.id)
  return (
    <Dialog title={`Clone ${flow.name}`} onClose={onClose}>
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault()
          clone.mutate(name.trim(), { onSuccess: onClose })
        }}
      >
        <p className="text-sm text-gray-300">
          The copy has the same settings and is disabled, so that nothing runs twice until you look at it.
        </p>
        <TextField label="Name" value={name} onChange={setName} required maxLength={255} autoComplete="off" />
        {clone.error ? <FailureNote error={clone.error} /> : null}
        <DialogActions
          submit="Clone flow"
          isPending={clone.isPending}
          isDisabled={name.trim() === ''}
          onCancel={onClose}
        />
      </form>
    </Dialog>
  )
}
