import { InboxIcon } from '@heroicons/react/24/outline'
import type { ReactNode } from 'react'

/** Nothing is there, and what would bring something. */
export const EmptyNote = ({ title, children }: { title: string; children?: ReactNode }) => (
  <div className="rounded-lg border border-dashed border-gray-700 p-10 text-center">
    <InboxIcon aria-hidden="true" className="mx-auto h-10 w-10 text-gray-500" />
    <p className="mt-3 font-medium text-gray-200">{title}</p>
    {children && <div className="mt-2 text-sm text-gray-400">{children}</div>}
  </div>
)
