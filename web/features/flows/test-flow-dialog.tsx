import { CheckCircleIcon, ExclamationTriangleIcon, XCircleIcon } from '@heroicons/react/24/outline'
import { useEffect } from 'react'
import type { FlowCheck, FlowTest } from '../../../api/contract/protection-flows.js'
import { formatCount } from '../../lib/format.js'
import { Dialog } from '../../ui/dialog.js'
import { QueryStates } from '../../ui/query-states.js'
import { bySeverity } from './flow-checks.js'
import { useTestFlow } from './use-test-flow.js'

const looks = {
  error: { icon: XCircleIcon, colour: 'text-red-400', word: 'error' },
  warning: { icon: ExclamationTriangleIcon, colour: 'text-yellow-300', word: 'warning' },
  ok: { icon: CheckCircleIcon, colour: 'text-green-400', word: 'passed' },
} as const

/** Runs a flow dry: looks at all that a run needs, and changes nothing. */
export const TestFlowDialog = ({ id, name, onClose }: { id: string; name: string; onClose: () => void }) => {
  const test = useTestFlow(id)
  const { mutate } = test
  useEffect(() => mutate(), [mutate])
  return (
    <Dialog title={`Test of ${name}`} onClose={onClose}>
      <QueryStates
        asked={{ data: test.data, error: test.error, refetch: () => test.mutate() }}
        loading="Looking at platforms, rights, change tracking and room"
      >
        {(result) => (
          <div className="space-y-3">
            <p role="status" className="font-medium text-white">
              {verdictOf(result)}
            </p>
            <ul aria-label="Checks" className="space-y-2">
              {bySeverity(result.checks).map((check, index) => (
                <CheckLine key={`${index}:${check.name}`} check={check} />
              ))}
            </ul>
          </div>
        )}
      </QueryStates>
    </Dialog>
  )
}

const verdictOf = ({ valid, errors, warnings }: FlowTest): string => {
  if (!valid) return `A run would meet ${formatCount(errors.length, 'error')}`
  return warnings.length === 0
    ? 'All checks passed'
    : `It can run, with ${formatCount(warnings.length, 'warning')}`
}

const CheckLine = ({ check }: { check: FlowCheck }) => {
  const { icon: Icon, colour, word } = looks[check.severity]
  return (
    <li className="flex items-start gap-2 rounded-lg bg-gray-700/50 p-3 text-sm">
      <Icon aria-hidden="true" className={`h-5 w-5 shrink-0 ${colour}`} />
      <span className="min-w-0 break-words">
        <span className="font-medium text-white">{check.name}</span>
        <span className={`ml-2 text-xs ${colour}`}>{word}</span>
        <span className="block text-gray-300">{check.detail}</span>
        {check.remedy !== null && <span className="block text-yellow-200">What to do: {check.remedy}</span>}
      </span>
    </li>
  )
}
