import { LoadMore } from './load-more.js'

interface Paged {
  readonly data:
    | {
        readonly pages: readonly { readonly total: number; readonly total_is_capped?: boolean | undefined }[]
      }
    | undefined
  readonly hasNextPage: boolean
  readonly isFetchingNextPage: boolean
  readonly fetchNextPage: () => unknown
}

/** How much of a list that is read page by page is shown, and the way to more. */
export const ListEnd = ({ list, shown }: { list: Paged; shown: number }) => {
  const first = list.data?.pages[0]
  return (
    <LoadMore
      shown={shown}
      total={`${(first?.total ?? 0).toLocaleString('en')}${first?.total_is_capped ? ' or more' : ''}`}
      hasMore={list.hasNextPage}
      isLoading={list.isFetchingNextPage}
      onMore={() => void list.fetchNextPage()}
    />
  )
}
