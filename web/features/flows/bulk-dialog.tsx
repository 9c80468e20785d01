import { CheckCircleIcon, XCircleIcon } from '@heroicons/react/24/outline'
import { Button } from 'flowbite-react'
import type { BulkAnswer } from '../../../api/contract/all-flows.js'
import type { FlowResponse } from '../../../api/contract/protection-flows.js'
import { formatCount } from '../../lib/format.js'
import { ConfirmDialog } from '../../ui/confirm-dialog.js'
import { Dialog } from '../../ui/dialog.js'
import type { BulkAction } from './use-bulk-flows.js'
import { useBulkFlows } from './use-bulk-flows.js'

const words = {
  enable: { title: 'Enable', done: 'enabled', what: 'Their schedules start runs from now on.' },
  disable: {
    title: 'Disable',
    done: 'disabled',
    what: 'Their schedules start nothing any more; runs that are under way go on.',
  },
  delete: {
    title: 'Delete',
    done: 'deleted',
    what: 'Their settings are gone. Backups and the history of runs stay; no policy of theirs removes them any more.',
  },
} as const

/** Asks, does it, and shows what came of each. `onClose` hears whether it was done. */
export const BulkDialog = ({
  action,
  flows,
  onClose,
}: {
  action: BulkAction
  flows: readonly FlowResponse[]
  onClose: (isDone: boolean) => void
}) => {
  const bulk = useBulkFlows()
  const { title, done, what } = words[action]
  const counted = formatCount(flows.length, 'flow')
  if (bulk.data)
    return (
      <Dialog title={`${title} ${counted}`} onClose={() => onClose(true)}>
        <Results
          answer={bulk.data}
          done={done}
          nameOf={(id) => flows.find((flow) => flow.id === id)?.name ?? id}
        />
        <div className="mt-4 flex justify-end">
          <Button color="alternative" onClick={() => onClose(true)}>
            Done
          </Button>
        </div>
      </Dialog>
    )
  return (
    <ConfirmDialog
      title={`${title} ${counted}`}
      submit={`${title} ${counted}`}
      {...(action === 'delete' ? { typed: { what: 'how many', text: String(flows.length) } } : {})}
      isDangerous={action === 'delete'}
      isPending={bulk.isPending}
      error={bulk.error}
      onConfirm={() => bulk.mutate({ action, ids: flows.map(({ id }) => id) })}
      onClose={() => onClose(false)}
    >
      <p>{what}</p>
      <ul className="mt-2 max-h-48 list-disc overflow-y-auto pl-5">
        {flows.map(({ id, name }) => (
          <li key={id} className="[overflow-wrap:anywhere]">
            {name}
          </li>
        ))}
      </ul>
    </ConfirmDialog>
  )
}

const Results = ({
  answer,
  done,
  nameOf,
}: {
  answer: BulkAnswer
  done: string
  nameOf: (id: string) => string
}) => (
  <>
    <p role="status" className="font-medium text-white">
      {answer.succeeded.toLocaleString('en')} {done}
      {answer.failed > 0 && `, ${answer.failed.toLocaleString('en')} not`}
    </p>
    <ul aria-label="Results" className="mt-3 space-y-2">
      {answer.results.map(({ id, ok, error }) => {
        const Icon = ok ? CheckCircleIcon : XCircleIcon
        return (
          <li key={id} className="flex items-start gap-2 rounded-lg bg-gray-700/50 p-3 text-sm">
            <Icon
              aria-hidden="true"
              className={`h-5 w-5 shrink-0 ${ok ? 'text-green-400' : 'text-red-400'}`}
            />
            <span className="min-w-0 break-words">
              <span className="font-medium text-white">{nameOf(id)}</span>
              <span className="block text-gray-300">{ok ? done : error}</span>
            </span>
          </li>
        )
      })}
    </ul>
  </>
)
