import { useQuery } from '@tanstack/react-query'
import { Button } from 'flowbite-react'
import { Link } from 'react-router'
import { flowNameQuery } from './flow-name-query.js'

/** Says whose runs are shown, and leads back to those of all flows. */
export const FlowOfHistory = ({ id, onAll }: { id: string; onAll: () => void }) => {
  const flow = useQuery(flowNameQuery(id))
  return (
    <p className="mb-4 flex flex-wrap items-center gap-3 text-sm text-gray-300">
      <span>
        Only runs of{' '}
        <Link to={`/flows/${id}`} className="text-blue-400 underline">
          {flow.data?.name ?? id}
        </Link>
      </span>
      <Button size="xs" color="alternative" onClick={onAll}>
        Show all flows
      </Button>
    </p>
  )
}
