import type { FlowResponse } from '../../../api/contract/protection-flows.js'
import { Dialog } from '../../ui/dialog.js'
import { FlowForm } from './flow-form.js'

/** Makes a flow, or changes the given one. */
export const FlowDialog = ({
  flow,
  onClose,
  onSaved,
}: {
  flow?: FlowResponse
  onClose: () => void
  onSaved?: (flow: FlowResponse) => void
}) => (
  <Dialog title={flow === undefined ? 'Create flow' : `Edit ${flow.name}`} onClose={onClose}>
    <FlowForm
      flow={flow}
      onClose={onClose}
      onSaved={(saved) => {
        onClose()
        onSaved?.(saved)
      }}
    />
  </Dialog>
)
