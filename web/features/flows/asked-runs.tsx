import { Button } from 'flowbite-react'
import type { PauseAllAnswer } from '../../../api/contract/all-flows.js'
import { formatCount } from '../../lib/format.js'

/** What came of asking all runs for the same. */
export const AskedRuns = ({
  answer,
  asked,
  onClose,
}: {
  answer: PauseAllAnswer
  asked: string
  onClose: () => void
}) => (
  <div className="space-y-4 text-sm text-gray-200">
    <p role="status">
      {answer.executions === 0
        ? 'No execution was under way.'
        : `${formatCount(answer.executions, 'execution')} asked ${asked}.`}
    </p>
    {answer.refused.length > 0 && (
      <ul className="list-disc space-y-1 pl-5 text-yellow-200">
        {answer.refused.map((each) => (
          <li key={each.execution_id}>
            {each.execution_id}: {each.error}
          </li>
        ))}
      </ul>
    )}
    <div className="flex justify-end">
      <Button color="alternative" onClick={onClose}>
        Done
      </Button>
    </div>
  </div>
)
