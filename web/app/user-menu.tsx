import { ArrowRightStartOnRectangleIcon } from '@heroicons/react/24/outline'
import type { PublicUser } from '../../api/contract/auth.js'
import { useLogout } from '../features/session/use-logout.js'
import { zoneName, zoneOffset } from '../lib/format.js'

const label = 'sr-only xl:not-sr-only'

/** Who is logged in, and the way out. */
export const UserMenu = ({ user }: { user: PublicUser }) => {
  const logout = useLogout()
  return (
    <div className="border-t border-gray-700 pt-3 text-sm">
      <p className="sr-only break-words text-gray-300 xl:not-sr-only xl:block xl:px-3 xl:pb-2">
        {user.username}
        <span className="block text-xs text-gray-400">{user.role}</span>
      </p>
      <p
        className="pb-2 text-center text-xs text-gray-400 xl:px-3 xl:text-left"
        title={`Times are shown in ${zoneName()}`}
      >
        <span className={label}>Times in {zoneName()} </span>
        <span className="-mx-3 block text-[0.625rem] whitespace-nowrap xl:hidden">
          {zoneOffset(new Date().toISOString())}
        </span>
      </p>
      <button
        type="button"
        title="Log out"
        disabled={logout.isPending}
        onClick={() => logout.mutate()}
        className="flex w-full items-center gap-3 rounded-lg px-3 py-2 text-gray-300 hover:bg-gray-700"
      >
        <ArrowRightStartOnRectangleIcon aria-hidden="true" className="h-5 w-5 shrink-0" />
        <span className="sr-only xl:not-sr-only">Log out</span>
      </button>
    </div>
  )
}
