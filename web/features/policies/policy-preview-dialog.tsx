import { useQuery } from '@tanstack/react-query'
import { Button } from 'flowbite-react'
import type { PolicyView, PreviewedChain } from '../../../api/contract/policies.js'
import { formatCount } from '../../lib/format.js'
import { BytesText } from '../../ui/bytes-text.js'
import type { Column } from '../../ui/data-table.js'
import { DataTable } from '../../ui/data-table.js'
import { Dialog } from '../../ui/dialog.js'
import { EmptyNote } from '../../ui/empty-note.js'
import { QueryStates } from '../../ui/query-states.js'
import { StatusTag } from '../../ui/status-tag.js'
import { TimeText } from '../../ui/time-text.js'
import { chainsInOrder } from './chains-in-order.js'
import { policyPreviewQuery } from './policy-preview-query.js'

const columns: readonly Column<PreviewedChain>[] = [
  {
    header: 'Chain of',
    cell: (chain) => (
      <>
        <span className="block font-medium [overflow-wrap:anywhere] text-white">{chain.vm_name}</span>
        <span className="text-xs">in {chain.repository_name}</span>
      </>
    ),
  },
  {
    header: 'Points',
    cell: (chain) => (
      <>
        <span className="block">{formatCount(chain.backup_ids.length, 'point')}</span>
        <span className="text-xs">
          <TimeText iso={chain.oldest} />
          {chain.backup_ids.length > 1 && (
            <>
              {' to '}
              <TimeText iso={chain.newest} />
            </>
          )}
        </span>
      </>
    ),
  },
  { header: 'Size', cell: (chain) => <BytesText bytes={chain.bytes_stored} />, isNumeric: true },
  {
    header: 'Next sweep',
    cell: (chain) => (
      <StatusTag tone={chain.goes ? 'warning' : 'good'}>{chain.goes ? 'goes' : 'stays'}</StatusTag>
    ),
  },
  {
    header: 'Why',
    cell: (chain) => <span className="block min-w-40 [overflow-wrap:anywhere]">{chain.reason}</span>,
  },
]

/** Which chains go with the next sweep, why, and how much that frees. */
export const PolicyPreviewDialog = ({ policy, onClose }: { policy: PolicyView; onClose: () => void }) => {
  const preview = useQuery(policyPreviewQuery(policy.id))
  return (
    <Dialog title={`What goes next by ${policy.name}`} onClose={onClose} isWide>
      <p className="mb-4 text-sm text-gray-300">{policy.in_words}</p>
      <QueryStates
        asked={preview}
        loading="Looking which chains go"
        isEmpty={(found) => found.chains.length === 0}
        empty={<EmptyNote title="No backups yet">No VM of this policy’s flows has a point.</EmptyNote>}
      >
        {({ chains, total, bytes_freed: freed }) => (
          <>
            <p role="status" className="mb-3 text-sm text-gray-100">
              {chains.some((chain) => chain.goes) ? (
                <>
                  The next sweep removes {formatCount(chains.filter(({ goes }) => goes).length, 'chain')} and
                  frees <BytesText bytes={freed} />.
                </>
              ) : (
                'The next sweep removes nothing.'
              )}
            </p>
            <DataTable
              caption="Chains, those that go first"
              columns={columns}
              rows={chainsInOrder(chains)}
              rowKey={(chain) => chain.backup_ids[0] ?? `${chain.vm_context_id}:${chain.oldest}`}
            />
            {total > chains.length && (
              <p className="mt-2 text-xs text-gray-400">
                {chains.length} of {formatCount(total, 'chain')} are shown.
              </p>
            )}
          </>
        )}
      </QueryStates>
      <div className="mt-6 flex justify-end">
        <Button color="alternative" onClick={onClose}>
          Close
        </Button>
      </div>
    </Dialog>
  )
}
