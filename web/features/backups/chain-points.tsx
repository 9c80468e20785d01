import { Button } from 'flowbite-react'
import { useState } from 'react'
import type { BackupChain, BackupJob } from '../../../api/contract/backups.js'
import { deleteBackup } from '../../../api/contract/backups.js'
import { formatCount, formatTime } from '../../lib/format.js'
import { laneCount } from '../../lib/rail.js'
import { useMayCall } from '../../lib/role.js'
import { BytesText } from '../../ui/bytes-text.js'
import { SelectField } from '../../ui/select-field.js'
import { ChainNotes } from './chain-notes.js'
import { ChainPoint } from './chain-point.js'
import { pointRows } from './chain-view.js'
import { DeleteBackupDialog } from './delete-backup-dialog.js'
import { DeleteChainDialog } from './delete-chain-dialog.js'

/** The points of a chain with what binds them, newest first, and what can be deleted of it. */
export const ChainPoints = ({
  chain,
  current,
  onDeleted,
  onChain,
}: {
  chain: BackupChain
  current?: string | undefined
  onDeleted: (ids: readonly string[]) => void
  onChain?: ((backupId: string) => void) | undefined
}) => {
  const [toDelete, setToDelete] = useState<BackupJob | 'chain'>()
  const mayDelete = useMayCall(deleteBackup)
  const rows = pointRows(chain, chain.suspect_backup_ids)
  const lanes = laneCount(rows.map(({ rail }) => rail))
  const isNewestChain = chain.chains.at(-1)?.chain_id === chain.chain_id
  const close = () => setToDelete(undefined)
  const gone = (ids: readonly string[]) => {
    close()
    onDeleted(ids)
  }
  return (
    <div className="space-y-3">
      {onChain && chain.chains.length > 1 && <ChainChoice chain={chain} onChain={onChain} />}
      <ChainNotes chain={chain} rows={rows} />
      <ol
        aria-label="Points of the chain, newest first"
        className="@container divide-y divide-gray-700 overflow-hidden rounded-lg border border-gray-700 bg-gray-800"
      >
        {rows.map((row) => (
          <ChainPoint
            key={row.job.id}
            row={row}
            lanes={lanes}
            isCurrent={row.job.id === current}
            isNewest={isNewestChain && row === rows[0]}
            onDelete={mayDelete ? () => setToDelete(row.job) : undefined}
          />
        ))}
      </ol>
      <div className="flex flex-wrap items-center justify-between gap-3 text-sm text-gray-300">
        <p>
          {formatCount(chain.backup_count, 'point')}, <BytesText bytes={chain.total_size_bytes} /> of this
          disk
        </p>
        {mayDelete && (
          <Button size="xs" color="alternative" onClick={() => setToDelete('chain')}>
            Delete the whole chain
          </Button>
        )}
      </div>
      {toDelete === 'chain' && (
        <DeleteChainDialog chain={chain} onClose={close} onDeleted={() => gone(chain.whole.backup_ids)} />
      )}
      {toDelete !== undefined && toDelete !== 'chain' && (
        <DeleteBackupDialog backup={toDelete} onClose={close} onDeleted={() => gone([toDelete.id])} />
      )}
    </div>
  )
}

const ChainChoice = ({ chain, onChain }: { chain: BackupChain; onChain: (backupId: string) => void }) => (
  <div className="max-w-md">
    <SelectField
      label="Chain"
      value={chain.newest_backup_id}
      choices={chain.chains.toReversed().map((each) => ({
        value: each.newest_backup_id,
        text: `${formatTime(each.first_point_at)} to ${formatTime(each.newest_point_at)}, ${formatCount(each.backup_count, 'point')}`,
      }))}
      onChange={onChain}
    />
  </div>
)
