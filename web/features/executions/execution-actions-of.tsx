import { useQuery } from '@tanstack/react-query'
import type { ExecutionResponse } from '../../../api/contract/executions.js'
import { failureText } from '../../lib/failure-text.js'
import { ExecutionActions } from './execution-actions.js'
import { executionQuery } from './execution-query.js'

/** What can be asked of a run that another page names. */
export const ExecutionActionsOf = ({
  id,
  onRetry,
}: {
  id: string
  onRetry: (run: ExecutionResponse) => void
}) => {
  const { data, error } = useQuery(executionQuery(id))
  if (data !== undefined) return <ExecutionActions run={data} onRetry={onRetry} />
  if (!error) return null
  return (
    <p role="alert" className="order-last w-full text-sm text-red-300">
      {failureText(error).sentence}. {failureText(error).remedy}
    </p>
  )
}
