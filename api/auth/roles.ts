import { roles } from '../../domain/user.js'
import type { Role } from '../../domain/user.js'
import { ApiProblem } from '../problem.js'
import type { Caller } from '../route.js'

/** viewer < operator < admin */
export const hasRole = (role: Role, wanted: Role): boolean => roles.indexOf(role) >= roles.indexOf(wanted)

/** Throws 403 when the caller's role is below the wanted one. */
export function requireRole(caller: Caller, wanted: Role): void {
  if (hasRole(caller.user.role, wanted)) return
  throw new ApiProblem(
    403,
    'forbidden',
    `This needs the role ${wanted}; ${caller.user.username} is ${caller.user.role}`,
    {
      remedy: 'Ask an administrator.',
    },
  )
}

/** A login with a first password can do nothing else; an API token was made by somebody who could. */
export const mustChangeFirst = (caller: Caller): boolean =>
  caller.user.must_change_password && caller.sessionToken !== null
