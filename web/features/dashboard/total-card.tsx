import type { ComponentType, SVGProps } from 'react'
import { Link } from 'react-router'
import { QueryStates } from '../../ui/query-states.js'

/** One number with the way to what it counts. */
export const TotalCard = ({
  name,
  to,
  icon: Icon,
  total,
}: {
  name: string
  to: string
  icon: ComponentType<SVGProps<SVGSVGElement>>
  total: { data: string | undefined; error: unknown; refetch: () => unknown }
}) => (
  <li className="rounded-lg border border-gray-700 bg-gray-800 p-5">
    <Link to={to} className="mb-3 flex items-center gap-2 text-sm text-gray-300 hover:underline">
      <Icon aria-hidden="true" className="h-5 w-5 text-blue-400" />
      {name}
    </Link>
    <QueryStates asked={total} loading={`Counting: ${name}`} skeletonLines={1}>
      {(number) => <p className="text-3xl font-semibold text-white tabular-nums">{number}</p>}
    </QueryStates>
  </li>
)
