import { useInfiniteQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { useSearchParams } from 'react-router'
import type { JobLogFilter } from '../../../api/contract/job-log.js'
import { formatCount } from '../../lib/format.js'
import { useSettled } from '../../lib/settled.js'
import { EmptyNote } from '../../ui/empty-note.js'
import { LoadMore } from '../../ui/load-more.js'
import { PageHeader } from '../../ui/page-header.js'
import { QueryStates } from '../../ui/query-states.js'
import type { JobLogChoice } from './job-log-filter.js'
import { addressOf, choiceOf, filterOf } from './job-log-filter.js'
import { JobLogFilters } from './job-log-filters.js'
import { jobLogQuery } from './job-log-query.js'
import { JobLogTable } from './job-log-table.js'

/** Every step of every job; the filter stands in the address, so that it can be passed on. */
export const JobLogPage = () => {
  const [address, setAddress] = useSearchParams()
  const choice = choiceOf(address)
  const set = (changed: JobLogChoice) => setAddress(addressOf(changed), { replace: true })
  const settled = useSettled(choice)
  // The time counts from the moment of the choice: a moving one would be another question with each second.
  const { filter, problem } = useMemo(() => filterOf(settled, new Date().getTime()), [settled])
  return (
    <>
      <PageHeader title="Job log" hint="Every step of every job, newest first; what runs moves by itself." />
      <JobLogFilters choice={choice} onChange={set} />
      {filter === null ? (
        <p role="alert" className="text-sm text-yellow-200">
          {problem}
        </p>
      ) : (
        <JobLogList filter={filter} onJob={(jobId) => set({ ...choice, jobId, range: 'all', search: '' })} />
      )}
    </>
  )
}

const JobLogList = ({ filter, onJob }: { filter: JobLogFilter; onJob: (jobId: string) => void }) => {
  const list = useInfiniteQuery(jobLogQuery(filter))
  return (
    <QueryStates
      asked={list}
      loading="Loading the job log"
      isEmpty={({ pages }) => pages.every((page) => page.steps.length === 0)}
      empty={<EmptyNote title="No such step">Choose a longer time or fewer filters.</EmptyNote>}
    >
      {({ pages }) => {
        const steps = pages.flatMap((page) => page.steps)
        return (
          <>
            <JobLogTable steps={steps} onJob={onJob} />
            <LoadMore
              shown={steps.length}
              total={list.hasNextPage ? 'more' : formatCount(steps.length, 'step')}
              hasMore={list.hasNextPage}
              isLoading={list.isFetchingNextPage}
              onMore={() => void list.fetchNextPage()}
            />
          </>
        )
      }}
    </QueryStates>
  )
}
