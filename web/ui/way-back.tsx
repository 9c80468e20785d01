import { Link } from 'react-router'

/** The way from one thing to the list that it stands in. */
export const WayBack = ({ to, children }: { to: string; children: string }) => (
  <p className="mb-2 text-sm">
    <Link to={to} className="text-blue-400 hover:underline">
      {children}
    </Link>
  </p>
)
