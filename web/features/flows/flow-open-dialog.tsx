import type { FlowResponse } from '../../../api/contract/protection-flows.js'
import { CloneFlowDialog } from './clone-flow-dialog.js'
import { DeleteFlowDialog } from './delete-flow-dialog.js'
import { FlowDialog } from './flow-dialog.js'
import { TestFlowDialog } from './test-flow-dialog.js'

export type FlowDialogKind = 'edit' | 'clone' | 'test' | 'delete'

/** The dialog that is open for a flow. */
export const FlowOpenDialog = ({
  kind,
  flow,
  onClose,
  onDeleted = onClose,
}: {
  kind: FlowDialogKind
  flow: FlowResponse
  onClose: () => void
  onDeleted?: () => void
}) => {
  switch (kind) {
    case 'edit':
      return <FlowDialog flow={flow} onClose={onClose} />
    case 'clone':
      return <CloneFlowDialog flow={flow} onClose={onClose} />
    case 'test':
      return <TestFlowDialog id={flow.id} name={flow.name} onClose={onClose} />
    case 'delete':
      return <DeleteFlowDialog id={flow.id} name={flow.name} onClose={onClose} onDeleted={onDeleted} />
  }
}
