import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useEffect } from 'react'
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

/** One event stream for as long as somebody is inside. */
const EventFollower = () => {
  const client = useQueryClient()
  useEffect(() => followEvents(client), [client])
  return null
}
