import { CheckCircleIcon } from '@heroicons/react/24/outline'
import { Button } from 'flowbite-react'
import { useState } from 'react'
import { formatCount } from '../../lib/format.js'
import type { Column } from '../../ui/data-table.js'
import { DataTable } from '../../ui/data-table.js'

const shownAtFirst = 5

/** Some VMs of one kind; a few at first, so that one long list hides no other. */
export const CoverageList = <T,>({
  id,
  title,
  none,
  columns,
  vms,
  total,
  rowKey,
}: {
  id: string
  title: string
  none: string
  columns: readonly Column<T>[]
  vms: readonly T[]
  total: number
  rowKey: (vm: T) => string
}) => {
  const [isOpen, setOpen] = useState(false)
  const rows = isOpen ? vms : vms.slice(0, shownAtFirst)
  return (
    <section id={id} aria-labelledby={`${id}-title`} className="mt-8 scroll-mt-6">
      <h2 id={`${id}-title`} className="mb-3 text-lg font-semibold text-white">
        {title}
        {total > 0 && (
          <span className="ml-2 text-base font-normal text-gray-400">{total.toLocaleString('en')}</span>
        )}
      </h2>
      {vms.length === 0 ? (
        <p className="flex items-center gap-2 text-sm text-gray-300">
          <CheckCircleIcon aria-hidden="true" className="h-5 w-5 text-green-400" />
          {none}
        </p>
      ) : (
        <DataTable caption={title} columns={columns} rows={rows} rowKey={rowKey} />
      )}
      {vms.length > shownAtFirst && (
        <Button size="sm" color="alternative" className="mt-3" onClick={() => setOpen(!isOpen)}>
          {isOpen ? 'Show fewer' : `Show ${formatCount(vms.length - shownAtFirst, 'more', 'more')}`}
        </Button>
      )}
      {isOpen && total > vms.length && (
        <p className="mt-2 text-xs text-gray-400">
          {vms.length} of {total.toLocaleString('en')} are shown.
        </p>
      )}
    </section>
  )
}
