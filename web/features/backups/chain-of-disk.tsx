import { useQuery } from '@tanstack/react-query'
import { ApiProblem } from '../../lib/api-problem.js'
import { EmptyNote } from '../../ui/empty-note.js'
import { QueryStates } from '../../ui/query-states.js'
import type { ChainAsked } from './chain-query.js'
import { chainQuery } from './chain-query.js'
import { ChainPoints } from './chain-points.js'

/** One chain of a disk. `current` is the backup whose page this stands on; `onDeleted` hears which points went. */
export const ChainOfDisk = ({
  asked,
  current,
  onDeleted,
  onChain,
}: {
  asked: ChainAsked
  current?: string
  onDeleted: (ids: readonly string[]) => void
  onChain?: (backupId: string) => void
}) => {
  const chain = useQuery(chainQuery(asked))
  // Also where a chain was shown until now: it was deleted.
  if (chain.error instanceof ApiProblem && chain.error.status === 404)
    return (
      <EmptyNote title="No restore point of this disk here">
        Choose another disk or repository, or back the VM up.
      </EmptyNote>
    )
  return (
    <QueryStates asked={chain} loading="Loading the chain">
      {(found) => <ChainPoints chain={found} current={current} onDeleted={onDeleted} onChain={onChain} />}
    </QueryStates>
  )
}
