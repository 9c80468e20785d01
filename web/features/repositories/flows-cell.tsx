import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { failureText } from '../../lib/failure-text.js'
import { flowsIntoQuery } from './flows-into-query.js'

/** Which flows use a repository: a few by name, the rest by number. */
export const FlowsCell = ({ repositoryId }: { repositoryId: number }) => {
  const { data, error } = useQuery(flowsIntoQuery(repositoryId))
  if (data === undefined && error)
    return (
      <span role="alert" className="text-xs text-red-300">
        {failureText(error).sentence}
      </span>
    )
  if (data === undefined) return <span className="text-gray-400">looking…</span>
  if (data.total === 0) return <span className="text-gray-400">none</span>
  const more = data.total - data.flows.length
  return (
    <ul className="min-w-24">
      {data.flows.map(({ id, name }) => (
        <li key={id}>
          <Link to={`/flows/${id}`} className="[overflow-wrap:anywhere] text-blue-400 underline">
            {name}
          </Link>
        </li>
      ))}
      {more > 0 && (
        <li>
          <Link to={`/flows?repository=${repositoryId}`} className="text-xs text-blue-400 underline">
            and {more.toLocaleString('en')} more
          </Link>
        </li>
      )}
    </ul>
  )
}
