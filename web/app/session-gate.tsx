import { SignalSlashIcon } from '@heroicons/react/24/outline'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useEffect, useState } from 'react'
import type { PublicUser } from '../../api/contract/auth.js'
import { ChangePasswordPage } from '../features/session/change-password-page.js'
import { LoginPage } from '../features/session/login-page.js'
import { meQuery } from '../features/session/me-query.js'
import { ApiProblem } from '../lib/api-problem.js'
import { followEvents } from '../lib/events.js'
import { RoleContext } from '../lib/role.js'
import { Skeleton } from '../ui/skeleton.js'

/** Lets through only who is logged in with a password of their own. */
export const SessionGate = ({ children }: { children: (user: PublicUser) => ReactNode }) => {
  const me = useQuery(meQuery())
  if (me.isPending)
    return (
      <main className="mx-auto max-w-md p-10">
        <Skeleton label="Asking who is logged in" />
      </main>
    )
  if (me.data === undefined) {
    const isNobody = me.error instanceof ApiProblem && me.error.code === 'unauthenticated'
    return <LoginPage {...(isNobody ? {} : { failure: me.error })} onRetry={() => void me.refetch()} />
  }
  const { user } = me.data
  if (user.must_change_password) return <ChangePasswordPage username={user.username} />
  return (
    <RoleContext value={user.role}>
      <EventFollower />
      {children(user)}
    </RoleContext>
  )
}

/** One event stream for as long as somebody is inside; says so when what is shown may be old. */
const EventFollower = () => {
  const client = useQueryClient()
  const [isLive, setLive] = useState(true)
  useEffect(() => followEvents(client, setLive), [client])
  return (
    <div role="status" className="fixed bottom-4 left-1/2 z-10 -translate-x-1/2 empty:hidden">
      {!isLive && (
        <p className="flex items-center gap-2 rounded-lg border border-yellow-700 bg-yellow-950 px-4 py-2 text-sm text-yellow-200 shadow-lg">
          <SignalSlashIcon aria-hidden="true" className="h-5 w-5 shrink-0" />
          Sendense does not answer: what you see may be old. Trying again…
        </p>
      )}
    </div>
  )
}
