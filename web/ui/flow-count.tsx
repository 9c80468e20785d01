import { Link } from 'react-router'
import { formatCount } from '../lib/format.js'

/** How many flows use something, with the way to them; `isNamed` where no column head says what is counted. */
export const FlowCount = ({
  count,
  to,
  isNamed = false,
}: {
  count: number
  to: string
  isNamed?: boolean
}) => {
  const text = isNamed ? formatCount(count, 'flow') : count.toLocaleString('en')
  if (count === 0) return isNamed ? 'no flow' : text
  return (
    <Link to={to} className="text-blue-400 underline">
      {text}
      {!isNamed && <span className="sr-only"> {count === 1 ? 'flow uses it' : 'flows use it'}</span>}
    </Link>
  )
}
