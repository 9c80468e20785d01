import { ExclamationTriangleIcon, XCircleIcon } from '@heroicons/react/24/outline'
import type { ReactNode } from 'react'
import type { BackupChain } from '../../../api/contract/backups.js'
import { formatCount } from '../../lib/format.js'
import { TimeText } from '../../ui/time-text.js'
import type { PointRow } from './chain-view.js'
import { isLost, momentOf } from './chain-view.js'

/** What is wrong with a chain and what to do next; nothing where nothing is. */
export const ChainNotes = ({ chain, rows }: { chain: BackupChain; rows: readonly PointRow[] }) => (
  <div className="space-y-3 empty:hidden">
    <DamageNote rows={rows} isNewestChain={chain.chains.at(-1)?.chain_id === chain.chain_id} />
    <SuspectNote rows={rows} />
  </div>
)

const DamageNote = ({ rows, isNewestChain }: { rows: readonly PointRow[]; isNewestChain: boolean }) => {
  const lost = rows.filter(isLost)
  const oldest = lost.at(-1)
  if (oldest === undefined) return null
  return (
    <Note isBad>
      <p className="font-medium">
        The point of <TimeText iso={momentOf(oldest.job)} /> is damaged:{' '}
        {lost.length === 1 ? 'it' : `${formatCount(lost.length, 'point')} of this chain`} cannot be trusted.
      </p>
      <p className="text-red-100">
        What to do:{' '}
        {isNewestChain
          ? 'back the VM up, which begins a new chain. '
          : 'restore from a newer chain: one stands already. '}
        {lost.length < rows.length && 'The points below the damaged one can be restored, too. '}
        Delete this chain when you no longer need it.
      </p>
    </Note>
  )
}

const SuspectNote = ({ rows }: { rows: readonly PointRow[] }) => {
  const suspects = rows.filter(({ isSuspect }) => isSuspect)
  if (suspects.length === 0) return null
  return (
    <Note>
      <p className="font-medium">
        An audit found that change tracking kept changes back: {formatCount(suspects.length, 'point')} of this
        disk may lack what the guest wrote.
      </p>
      <p className="text-yellow-100">
        What to do:{' '}
        {rows[0]?.isSuspect
          ? 'back the VM up; the next backup reads this disk in full and is whole again. '
          : 'nothing more is needed for later backups: this disk was read in full since. '}
        Do not restore this disk from points marked as suspect. Verifying them does not help: it compares with
        what was stored.
      </p>
    </Note>
  )
}

const Note = ({ isBad = false, children }: { isBad?: boolean; children: ReactNode }) => {
  const Icon = isBad ? XCircleIcon : ExclamationTriangleIcon
  const colours = isBad
    ? 'border-red-700 bg-red-950/40 text-red-200'
    : 'border-yellow-700 bg-yellow-950/40 text-yellow-200'
  return (
    <div role="note" className={`flex items-start gap-2 rounded-lg border p-3 text-sm ${colours}`}>
      <Icon aria-hidden="true" className="h-5 w-5 shrink-0" />
      <div className="min-w-0 space-y-1">{children}</div>
    </div>
  )
}
