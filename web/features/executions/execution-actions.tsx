import { ArrowPathIcon, PauseIcon, PlayIcon, StopIcon } from '@heroicons/react/24/outline'
import { Button } from 'flowbite-react'
import type { ComponentType, SVGProps } from 'react'
import { useState } from 'react'
import type { ExecutionDetails, ExecutionResponse } from '../../../api/contract/executions.js'
import { retryExecution } from '../../../api/contract/executions.js'
import type { ExecutionAction } from '../../../domain/rules/execution-actions.js'
import { failureText } from '../../lib/failure-text.js'
import { useMayCall } from '../../lib/role.js'
import { CancelExecutionDialog } from './cancel-execution-dialog.js'
import { useExecutionAction } from './use-execution-action.js'

const looks: Readonly<
  Record<ExecutionAction, { text: string; doing: string; icon: ComponentType<SVGProps<SVGSVGElement>> }>
> = {
  pause: { text: 'Pause', doing: 'Asking its VMs to stop where they are', icon: PauseIcon },
  resume: { text: 'Resume', doing: 'Being resumed', icon: PlayIcon },
  cancel: { text: 'Cancel', doing: 'Being cancelled', icon: StopIcon },
  retry: { text: 'Retry failed', doing: 'Starting a run of what failed', icon: ArrowPathIcon },
}

/** What can be asked of a run in its state; what cannot is not offered. `onRetry` hears of the new run. */
export const ExecutionActions = ({
  run,
  onRetry,
}: {
  run: ExecutionDetails
  onRetry: (run: ExecutionResponse) => void
}) => {
  const [isCancelling, setCancelling] = useState(false)
  const ask = useExecutionAction(run.id)
  // All four ask for the same role.
  const mayAsk = useMayCall(retryExecution)
  const choose = (action: ExecutionAction) => {
    if (action === 'cancel') return setCancelling(true)
    ask.mutate(action, { onSuccess: (answer) => action === 'retry' && onRetry(answer) })
  }
  return (
    <>
      {run.available_actions.map((action) => {
        const { text, icon: Icon } = looks[action]
        return (
          <Button
            key={action}
            size="sm"
            color={action === 'resume' ? 'blue' : 'alternative'}
            disabled={!mayAsk || ask.isPending}
            onClick={() => choose(action)}
          >
            <Icon aria-hidden="true" className="mr-1 h-4 w-4" />
            {text}
          </Button>
        )
      })}
      <p role="status" className="order-last w-full text-sm text-gray-300 empty:hidden">
        {ask.isPending && looks[ask.variables].doing}
      </p>
      {ask.error && (
        <p role="alert" className="order-last w-full text-sm text-red-300">
          {failureText(ask.error).sentence}. {failureText(ask.error).remedy}
        </p>
      )}
      {isCancelling && <CancelExecutionDialog run={run} onClose={() => setCancelling(false)} />}
    </>
  )
}
