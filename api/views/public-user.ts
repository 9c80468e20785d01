import type { User } from '../../domain/user.js'
import type { PublicUser } from '../contract/auth.js'

export const toPublicUser = ({ username, role, must_change_password }: User): PublicUser => ({
  username,
  role,
  must_change_password,
})
