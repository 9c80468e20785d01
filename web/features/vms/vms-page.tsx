import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import type { VmContextView } from '../../../api/contract/vm-contexts.js'
import { EmptyNote } from '../../ui/empty-note.js'
import { LoadMore } from '../../ui/load-more.js'
import { PageHeader } from '../../ui/page-header.js'
import { QueryStates } from '../../ui/query-states.js'
import { vmContextsQuery } from './vm-contexts-query.js'
import { VmTable } from './vm-table.js'

export const VmsPage = ({
  selectedId,
  onSelect,
  onBackUp,
}: {
  selectedId: string | undefined
  onSelect: (id: string) => void
  onBackUp: (vm: VmContextView) => void
}) => {
  const list = useInfiniteQuery(vmContextsQuery())
  return (
    <>
      <PageHeader
        title="Virtual Machines"
        hint="The VMs under protection. Choose one to see it at the right."
      />
      <QueryStates
        asked={list}
        loading="Loading virtual machines"
        isEmpty={({ pages }) => pages.every((page) => page.vm_contexts.length === 0)}
        empty={
          <EmptyNote title="No VM is under protection yet">
            <Link to="/platforms" className="text-blue-400 underline">
              Discover the VMs of a platform
            </Link>{' '}
            and choose which to protect.
          </EmptyNote>
        }
      >
        {({ pages }) => {
          const vms = pages.flatMap((page) => page.vm_contexts)
          const first = pages[0]
          return (
            <>
              <VmTable vms={vms} selectedId={selectedId} onSelect={onSelect} onBackUp={onBackUp} />
              <LoadMore
                shown={vms.length}
                total={`${(first?.total ?? 0).toLocaleString('en')}${first?.total_is_capped ? ' or more' : ''}`}
                hasMore={list.hasNextPage}
                isLoading={list.isFetchingNextPage}
                onMore={() => void list.fetchNextPage()}
              />
            </>
          )
        }}
      </QueryStates>
    </>
  )
}
