import type { ReactNode } from 'react'
import { FailureNote } from './failure-note.js'
import { Skeleton } from './skeleton.js'

interface Asked<T> {
  readonly data: T | undefined
  readonly error: unknown
  readonly refetch: () => unknown
}

/** The four states of what was asked for, in this order: loading, failure, empty, content. */
export const QueryStates = <T,>({
  asked,
  loading,
  empty,
  isEmpty,
  skeletonLines = 5,
  children,
}: {
  asked: Asked<T>
  loading: string
  empty?: ReactNode
  isEmpty?: (data: T) => boolean
  skeletonLines?: number
  children: (data: T) => ReactNode
}) => {
  const { data, error, refetch } = asked
  if (data === undefined && !error) return <Skeleton label={loading} lines={skeletonLines} />
  if (data === undefined) return <FailureNote error={error} onRetry={() => void refetch()} />
  return (
    <>
      {/* Old content stays readable when asking again fails. */}
      {error ? (
        <div className="mb-4">
          <FailureNote error={error} onRetry={() => void refetch()} />
        </div>
      ) : null}
      {isEmpty?.(data) ? empty : children(data)}
    </>
  )
}
