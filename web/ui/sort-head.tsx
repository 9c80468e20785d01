import { ChevronDownIcon, ChevronUpDownIcon, ChevronUpIcon } from '@heroicons/react/24/outline'

/** A column's head that sorts by it; the head cell says the direction to screen readers. */
export const SortHead = ({
  text,
  direction,
  onSort,
}: {
  text: string
  direction: 'asc' | 'desc' | undefined
  onSort: () => void
}) => {
  const Icon =
    direction === undefined ? ChevronUpDownIcon : direction === 'asc' ? ChevronUpIcon : ChevronDownIcon
  return (
    <button
      type="button"
      onClick={onSort}
      className="inline-flex items-center gap-1 text-left uppercase hover:text-white"
    >
      {text}
      <Icon aria-hidden="true" className="h-4 w-4" />
    </button>
  )
}
