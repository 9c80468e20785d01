import { ExclamationTriangleIcon, InformationCircleIcon } from '@heroicons/react/24/outline'
import type { ReactNode } from 'react'

const looks = {
  plain: { icon: InformationCircleIcon, colours: 'border-gray-600 bg-gray-800 text-gray-100' },
  warning: { icon: ExclamationTriangleIcon, colours: 'border-yellow-700 bg-yellow-950 text-yellow-100' },
} as const

/** Something to know about what is shown. */
export const Notice = ({ tone = 'plain', children }: { tone?: keyof typeof looks; children: ReactNode }) => {
  const { icon: Icon, colours } = looks[tone]
  return (
    <div role="status" className={`flex items-start gap-2 rounded-lg border p-3 text-sm ${colours}`}>
      <Icon aria-hidden="true" className="h-5 w-5 shrink-0" />
      <div className="min-w-0 flex-1 [overflow-wrap:anywhere]">{children}</div>
    </div>
  )
}
