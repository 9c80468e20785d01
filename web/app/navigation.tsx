import {
  AdjustmentsHorizontalIcon,
  ArchiveBoxIcon,
  ArrowTopRightOnSquareIcon,
  CalendarDaysIcon,
  CircleStackIcon,
  ComputerDesktopIcon,
  HomeIcon,
  PlayCircleIcon,
  QueueListIcon,
  RectangleGroupIcon,
  ScaleIcon,
  ServerStackIcon,
  ShieldCheckIcon,
} from '@heroicons/react/24/outline'
import type { ComponentType, SVGProps } from 'react'
import { NavLink } from 'react-router'
import type { PublicUser } from '../../api/contract/auth.js'
import { UserMenu } from './user-menu.js'

interface Place {
  readonly to: string
  readonly name: string
  readonly icon: ComponentType<SVGProps<SVGSVGElement>>
}

const places: readonly Place[] = [
  { to: '/', name: 'Dashboard', icon: HomeIcon },
  { to: '/vms', name: 'Virtual Machines', icon: ComputerDesktopIcon },
  { to: '/backups', name: 'Backups', icon: ArchiveBoxIcon },
  { to: '/flows', name: 'Protection Flows', icon: ShieldCheckIcon },
  { to: '/executions', name: 'Executions', icon: PlayCircleIcon },
  { to: '/groups', name: 'Protection Groups', icon: RectangleGroupIcon },
  { to: '/schedules', name: 'Schedules', icon: CalendarDaysIcon },
  { to: '/policies', name: 'Policies', icon: ScaleIcon },
  { to: '/transfer-limits', name: 'Transfer limits', icon: AdjustmentsHorizontalIcon },
  { to: '/job-log', name: 'Job log', icon: QueueListIcon },
  { to: '/platforms', name: 'Platforms', icon: ServerStackIcon },
  { to: '/repositories', name: 'Repositories', icon: CircleStackIcon },
]

const item = 'flex items-center gap-3 rounded-lg px-3 py-2 text-sm font-medium'
const label = 'sr-only xl:not-sr-only'

/** The left panel: icons on narrow screens, names beside them on wide ones. */
export const Navigation = ({ user }: { user: PublicUser }) => (
  <div className="flex h-full w-16 shrink-0 flex-col border-r border-gray-700 bg-gray-800 p-3 xl:w-56">
    <p className="mb-6 flex items-center gap-2 px-2 text-lg font-semibold text-white">
      <ShieldCheckIcon aria-hidden="true" className="h-7 w-7 shrink-0 text-blue-400" />
      <span className={label}>Sendense</span>
    </p>
    <nav aria-label="Main" className="flex-1">
      <ul className="space-y-1">
        {places.map(({ to, name, icon: Icon }) => (
          <li key={to}>
            <NavLink
              to={to}
              end={to === '/'}
              title={name}
              className={({ isActive }) =>
                `${item} ${isActive ? 'bg-blue-700 text-white' : 'text-gray-300 hover:bg-gray-700'}`
              }
            >
              <Icon aria-hidden="true" className="h-5 w-5 shrink-0" />
              <span className={label}>{name}</span>
            </NavLink>
          </li>
        ))}
        <li>
          <a
            href="/temporal/"
            target="_blank"
            rel="noreferrer"
            title="Temporal (new tab)"
            className={`${item} text-gray-300 hover:bg-gray-700`}
          >
            <ArrowTopRightOnSquareIcon aria-hidden="true" className="h-5 w-5 shrink-0" />
            <span className={label}>
              Temporal<span className="sr-only"> (new tab)</span>
            </span>
          </a>
        </li>
      </ul>
    </nav>
    <UserMenu user={user} />
  </div>
)
