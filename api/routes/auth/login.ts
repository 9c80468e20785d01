import { insertSession } from '../../../drizzle/queries/sessions.js'
import { userWithPassword } from '../../../drizzle/queries/users.js'
import { passwordMatches } from '../../auth/passwords.js'
import { cookieOptions } from '../../auth/session-cookie.js'
import { newToken, sessionCookie, sessionEnd } from '../../auth/tokens.js'
import { login } from '../../contract/auth.js'
import { ApiProblem } from '../../problem.js'
import { route } from '../../route.js'
import { toPublicUser } from '../../views/public-user.js'

export const loginRoute = route(login, async ({ context, body, request, response }) => {
  const known = await userWithPassword(context.db, body.username)
  const matches = await passwordMatches(known?.password_hash, body.password)
  if (known === undefined || !matches)
    throw new ApiProblem(401, 'unauthenticated', 'User name or password is wrong', {
      remedy: 'Check both; after ten failures the login is closed for 15 minutes.',
    })
  const token = newToken('session')
  const expiresAt = sessionEnd(new Date())
  await insertSession(context.db, { token, userId: known.user.id, expiresAt })
  response.cookie(sessionCookie, token, cookieOptions(request))
  return {
    status: 200,
    body: { token, expires_at: expiresAt, user: toPublicUser(known.user) },
    subject: known.user.id,
    headers: { 'cache-control': 'no-store' },
  }
})
