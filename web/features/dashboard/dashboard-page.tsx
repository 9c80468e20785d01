import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { PageHeader } from '../../ui/page-header.js'
import { QueryStates } from '../../ui/query-states.js'
import { CoverageLists } from './coverage-lists.js'
import { CoverageNumbers } from './coverage-numbers.js'
import { coverageQuery } from './coverage-query.js'
import { FlowNumbers } from './flow-numbers.js'
import { summaryQuery } from './summary-query.js'

/** The numbers of the house and what needs somebody; `banner`, `running` and `children` come from other features. */
export const DashboardPage = ({
  banner,
  running,
  children,
}: {
  banner: ReactNode
  running: ReactNode
  children: ReactNode
}) => {
  const coverage = useQuery(coverageQuery())
  const summary = useQuery(summaryQuery())
  return (
    <>
      <PageHeader title="Dashboard" hint="What is under protection, what runs, and what needs somebody." />
      {banner}
      <div className="space-y-4">
        <QueryStates asked={coverage} loading="Counting VMs" skeletonLines={2}>
          {(found) => <CoverageNumbers coverage={found} />}
        </QueryStates>
        <QueryStates asked={summary} loading="Counting flows" skeletonLines={2}>
          {(found) => <FlowNumbers summary={found} />}
        </QueryStates>
      </div>
      {running}
      {coverage.data && <CoverageLists coverage={coverage.data} />}
      {children}
    </>
  )
}
