import { deleteSessionsOf } from '../../../drizzle/queries/sessions.js'
import { setPassword, userWithPassword } from '../../../drizzle/queries/users.js'
import { checkNewPassword, hashPassword, passwordMatches } from '../../auth/passwords.js'
import { changePassword } from '../../contract/auth.js'
import { ApiProblem } from '../../problem.js'
import { route } from '../../route.js'
import { toPublicUser } from '../../views/public-user.js'

export const changePasswordRoute = route(changePassword, async ({ context, caller, body }) => {
  const { user, sessionToken, expiresAt } = caller
  const known = await userWithPassword(context.db, user.username)
  if (!(await passwordMatches(known?.password_hash, body.current_password)))
    throw new ApiProblem(422, 'unprocessable', 'The current password is wrong', {
      errors: [{ path: 'body.current_password', message: 'is wrong' }],
    })
  checkNewPassword(body.new_password, body.current_password)
  await setPassword(context.db, user.id, await hashPassword(body.new_password), false)
  await deleteSessionsOf(context.db, user.id, sessionToken ?? undefined)
  context.hub.closeWhere(
    (subscriber) => subscriber.userId === user.id && subscriber.sessionToken !== sessionToken,
  )
  const changed = toPublicUser({ ...user, must_change_password: false })
  return { status: 200, body: { user: changed, expires_at: expiresAt }, subject: user.id }
})
