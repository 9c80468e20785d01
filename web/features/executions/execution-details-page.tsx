import { useQuery } from '@tanstack/react-query'
import type { ExecutionDetails, ExecutionResponse } from '../../../api/contract/executions.js'
import { isOpenRun } from '../../lib/runs.js'
import { ExecutionStatusTag } from '../../ui/execution-status-tag.js'
import { PageHeader } from '../../ui/page-header.js'
import { QueryStates } from '../../ui/query-states.js'
import { Section } from '../../ui/section.js'
import { WayBack } from '../../ui/way-back.js'
import { StepsTable } from '../../ui/steps-table.js'
import { ActiveJobs } from './active-jobs.js'
import { ExecutionActions } from './execution-actions.js'
import { ExecutionFacts } from './execution-facts.js'
import { ExecutionItemsTable } from './execution-items-table.js'
import { ExecutionNotes } from './execution-notes.js'
import { ExecutionProgress } from './execution-progress.js'
import { executionQuery } from './execution-query.js'

/** `onRetry` hears of the new run that a retry has begun. */
export const ExecutionDetailsPage = ({
  id,
  onRetry,
}: {
  id: string
  onRetry: (run: ExecutionResponse) => void
}) => {
  const run = useQuery(executionQuery(id))
  return (
    <>
      <WayBack to="/executions">Executions</WayBack>
      {run.data === undefined && <PageHeader title="Execution" hint={id} />}
      <QueryStates asked={run} loading="Loading the run">
        {(details) => <DetailsContent run={details} onRetry={onRetry} />}
      </QueryStates>
    </>
  )
}

const DetailsContent = ({
  run,
  onRetry,
}: {
  run: ExecutionDetails
  onRetry: (run: ExecutionResponse) => void
}) => {
  const isOpen = isOpenRun(run.status)
  return (
    <>
      <PageHeader title={`Run of ${run.flow_name}`} hint={run.id}>
        <ExecutionStatusTag status={run.status} />
        <ExecutionActions run={run} onRetry={onRetry} />
      </PageHeader>
      <ExecutionNotes run={run} />
      <ExecutionProgress run={run} />
      {isOpen && (
        <Section title="Active jobs">
          <ActiveJobs id={run.id} />
        </Section>
      )}
      <Section title="About this run">
        <ExecutionFacts run={run} />
      </Section>
      <Section title="Virtual machines">
        <ExecutionItemsTable id={run.id} isMoving={isOpen} />
      </Section>
      <Section title="Steps">
        <StepsTable
          of="execution"
          steps={run.steps}
          isMoving={isOpen}
          isCancelled={run.status === 'cancelled'}
        />
      </Section>
    </>
  )
}
