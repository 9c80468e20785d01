import { Button } from 'flowbite-react'

/** The way to a list's next page; nothing on the last one. */
export const LoadMore = ({
  shown,
  total,
  hasMore,
  isLoading,
  onMore,
}: {
  shown: number
  total: string
  hasMore: boolean
  isLoading: boolean
  onMore: () => void
}) => (
  <div className="mt-3 flex items-center justify-between text-sm text-gray-400">
    <p role="status">
      {shown.toLocaleString('en')} of {total}
    </p>
    {hasMore && (
      <Button size="sm" color="alternative" disabled={isLoading} onClick={onMore}>
        Show more
      </Button>
    )}
  </div>
)
