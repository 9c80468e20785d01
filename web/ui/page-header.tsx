import type { ReactNode } from 'react'
import { useEffect } from 'react'

/** A page's one h1, also the browser tab's title, with its actions at the right. */
export const PageHeader = ({
  title,
  hint,
  children,
}: {
  title: string
  hint?: string
  children?: ReactNode
}) => {
  useEffect(() => {
    document.title = `${title} · Sendense`
  }, [title])
  return (
    <header className="mb-6 flex flex-wrap items-start justify-between gap-3">
      <div className="min-w-0">
        <h1 className="text-2xl font-semibold break-words text-white">{title}</h1>
        {hint && <p className="mt-1 text-sm text-gray-400">{hint}</p>}
      </div>
      {children && <div className="flex flex-wrap items-center gap-2">{children}</div>}
    </header>
  )
}
