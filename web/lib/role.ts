import { createContext, useContext } from 'react'
import type { Operation } from '../../api/contract/operation.js'
import type { Role } from '../../domain/user.js'
import { roles } from '../../domain/user.js'

export const RoleContext = createContext<Role>('viewer')

/** Whether the user's role suffices for an operation; the API judges again, this only spares dead buttons. */
export const useMayCall = (entry: Operation): boolean => {
  const role = useContext(RoleContext)
  return entry.role === 'open' || roles.indexOf(role) >= roles.indexOf(entry.role)
}
