import { ExclamationTriangleIcon } from '@heroicons/react/24/outline'
import { Button } from 'flowbite-react'
import type { ReactNode } from 'react'
import { useEffect, useRef } from 'react'
import { failureText } from '../lib/failure-text.js'

/** What failed and what to do next; announced by screen readers. */
export const FailureNote = ({
  error,
  onRetry,
  children,
}: {
  error: unknown
  onRetry?: () => void
  children?: ReactNode
}) => {
  const { sentence, remedy, details } = failureText(error)
  const note = useRef<HTMLDivElement>(null)
  // In a long dialog it would appear below the edge, as if the button had done nothing.
  useEffect(() => void note.current?.scrollIntoView({ block: 'nearest' }), [error])
  return (
    <div
      ref={note}
      role="alert"
      className="rounded-lg border border-red-700 bg-red-950/40 p-4 text-sm text-red-200"
    >
      <p className="flex items-start gap-2 font-medium">
        <ExclamationTriangleIcon aria-hidden="true" className="h-5 w-5 shrink-0" />
        <span className="min-w-0 break-words">{sentence}</span>
      </p>
      {details.length > 0 && (
        <ul className="mt-2 list-disc pl-10">
          {details.map((detail) => (
            <li key={detail}>{detail}</li>
          ))}
        </ul>
      )}
      {remedy && <p className="mt-2 pl-7 text-red-100">What to do: {remedy}</p>}
      {children && <div className="mt-2 pl-7">{children}</div>}
      {onRetry && (
        <Button size="xs" color="alternative" className="mt-3 ml-7" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  )
}
