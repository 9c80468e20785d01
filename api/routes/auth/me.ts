import { me } from '../../contract/auth.js'
import { route } from '../../route.js'
import { toPublicUser } from '../../views/public-user.js'

export const meRoute = route(me, ({ caller }) =>
  Promise.resolve({ status: 200, body: { user: toPublicUser(caller.user), expires_at: caller.expiresAt } }),
)
