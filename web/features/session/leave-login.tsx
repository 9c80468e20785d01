import { useEffect } from 'react'
import { Navigate, useSearchParams } from 'react-router'
import { isServerPath, safeNext } from '../../lib/safe-next.js'

/** What `/login` is for somebody who is logged in: the way to where they wanted to go. */
export const LeaveLogin = () => {
  const [search] = useSearchParams()
  const next = safeNext(search.get('next'))
  const isElsewhere = isServerPath(next)
  useEffect(() => {
    if (isElsewhere) window.location.replace(next)
  }, [isElsewhere, next])
  return isElsewhere ? <p role="status">Opening {next}</p> : <Navigate to={next} replace />
}
