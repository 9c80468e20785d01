import { deleteSession } from '../../../drizzle/queries/sessions.js'
import { cookieOptions } from '../../auth/session-cookie.js'
import { sessionCookie } from '../../auth/tokens.js'
import { logout } from '../../contract/auth.js'
import { route } from '../../route.js'

export const logoutRoute = route(logout, async ({ context, caller, request, response }) => {
  const { sessionToken } = caller
  if (sessionToken !== null) {
    await deleteSession(context.db, sessionToken)
    context.hub.closeWhere((subscriber) => subscriber.sessionToken === sessionToken)
  }
  response.clearCookie(sessionCookie, cookieOptions(request))
  return { status: 204, body: null }
})
