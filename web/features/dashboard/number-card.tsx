import type { ComponentType, ReactNode, SVGProps } from 'react'
import { Link } from 'react-router'

const colours = { plain: 'text-white', good: 'text-green-300', bad: 'text-yellow-200' } as const

/** One number with the way to what it counts. */
export const NumberCard = ({
  name,
  to,
  icon: Icon,
  value,
  more,
  tone = 'plain',
}: {
  name: string
  to: string
  icon: ComponentType<SVGProps<SVGSVGElement>>
  value: ReactNode
  more?: ReactNode
  tone?: keyof typeof colours
}) => (
  <li className="rounded-lg border border-gray-700 bg-gray-800 p-4">
    <Way to={to}>
      <Icon aria-hidden="true" className="h-5 w-5 shrink-0 text-blue-400" />
      {name}
    </Way>
    <p className={`text-2xl font-semibold tabular-nums ${colours[tone]}`}>{value}</p>
    {more && <p className="mt-1 text-xs text-gray-400">{more}</p>}
  </li>
)

export const NumberCards = ({ name, children }: { name: string; children: ReactNode }) => (
  <ul aria-label={name} className="grid grid-cols-2 gap-4 xl:grid-cols-4">
    {children}
  </ul>
)

const look = 'mb-2 flex items-center gap-2 text-sm text-gray-300 hover:underline'

/** The router does not scroll to a place on the same page; the browser does. */
const Way = ({ to, children }: { to: string; children: ReactNode }) =>
  to.startsWith('#') ? (
    <a href={to} className={look}>
      {children}
    </a>
  ) : (
    <Link to={to} className={look}>
      {children}
    </Link>
  )
