import { me } from '../../../api/contract/auth.js'
import { apiQuery } from '../../lib/query.js'

/** Who is logged in; fails with `unauthenticated` when nobody is. */
export const meQuery = () => ({ ...apiQuery(me), retry: false, staleTime: Infinity })
