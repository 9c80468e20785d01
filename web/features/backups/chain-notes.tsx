import { ExclamationTriangleIcon, XCircleIcon } from '@heroicons/react/24/outline'
import type { BackupChain } from '../../../api/contract/backups.js'
import { formatCount } from '../../lib/format.js'
import { TimeText } from '../../ui/time-text.js'
import type { PointRow } from './chain-view.js'
import { momentOf } from './chain-view.js'

/** What is wrong with a chain and what to do next; nothing where nothing is. */
export const ChainNotes = ({ chain, rows }: { chain: BackupChain; rows: readonly PointRow[] }) => {
  const damaged = rows.find(({ job }) => job.verify_result === 'damaged')
  const lost = rows.filter(({ job, standsOnDamaged }) => job.verify_result === 'damaged' || standsOnDamaged)
  const suspects = rows.filter(({ isSuspect }) => isSuspect)
  return (
    <div className="space-y-3 empty:hidden">
      {damaged && (
        <div
          role="note"
          className="flex items-start gap-2 rounded-lg border border-red-700 bg-red-950/40 p-3 text-sm text-red-200"
        >
          <XCircleIcon aria-hidden="true" className="h-5 w-5 shrink-0" />
          <div className="min-w-0 space-y-1">
            <p className="font-medium">
              The point of <TimeText iso={momentOf(damaged.job)} /> is damaged:{' '}
              {lost.length === 1 ? 'it' : `${formatCount(lost.length, 'point')} of this chain`} cannot be
              trusted.
            </p>
            <p className="text-red-100">
              What to do: back the VM up again, which begins a new chain. Restore from points below the
              damaged one, or from another chain; delete this chain when you no longer need those.
            </p>
          </div>
        </div>
      )}
      {suspects.length > 0 && (
        <div
          role="note"
          className="flex items-start gap-2 rounded-lg border border-yellow-700 bg-yellow-950/40 p-3 text-sm text-yellow-200"
        >
          <ExclamationTriangleIcon aria-hidden="true" className="h-5 w-5 shrink-0" />
          <div className="min-w-0 space-y-1">
            <p className="font-medium">
              An audit found that change tracking kept changes back: {formatCount(suspects.length, 'point')}{' '}
              of this disk may lack what the guest wrote.
            </p>
            {chain.audit?.result === 'differs' && (
              <p className="[overflow-wrap:anywhere]">{chain.audit.detail}</p>
            )}
            <p className="text-yellow-100">
              What to do: back the VM up again. The next backup reads this disk in full and is whole; do not
              restore this disk from the points marked as suspect. Verifying them does not help: it compares
              with what was stored.
            </p>
          </div>
        </div>
      )}
    </div>
  )
}
