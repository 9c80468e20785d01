import { ArrowRightStartOnRectangleIcon } from '@heroicons/react/24/outline'
import type { PublicUser } from '../../api/contract/auth.js'
import { useLogout } from '../features/session/use-logout.js'

/** Who is logged in, and the way out. */
export const UserMenu = ({ user }: { user: PublicUser }) => {
  const logout = useLogout()
  return (
    <div className="border-t border-gray-700 pt-3 text-sm">
      <p className="sr-only px-3 pb-2 break-words text-gray-300 lg:not-sr-only">
        {user.username}
        <span className="block text-xs text-gray-400">{user.role}</span>
      </p>
      <button
        type="button"
        disabled={logout.isPending}
        onClick={() => logout.mutate()}
        className="flex w-full items-center gap-3 rounded-lg px-3 py-2 text-gray-300 hover:bg-gray-700"
      >
        <ArrowRightStartOnRectangleIcon aria-hidden="true" className="h-5 w-5 shrink-0" />
        <span className="sr-only lg:not-sr-only">Log out</span>
      </button>
    </div>
  )
}
