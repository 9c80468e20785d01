import { Link } from 'react-router'

/** Flows by name, each with the way to it. */
export const FlowLinks = ({
  flows,
}: {
  flows: readonly { readonly id: string; readonly name: string }[]
}) => (
  <ul className="flex flex-wrap gap-x-3 gap-y-1">
    {flows.map(({ id, name }) => (
      <li key={id}>
        <Link to={`/flows/${id}`} className="[overflow-wrap:anywhere] text-blue-400 underline">
          {name}
        </Link>
      </li>
    ))}
  </ul>
)
