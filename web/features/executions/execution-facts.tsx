import { ArrowTopRightOnSquareIcon } from '@heroicons/react/24/outline'
import { Link } from 'react-router'
import type { ExecutionDetails } from '../../../api/contract/executions.js'
import { BytesText } from '../../ui/bytes-text.js'
import { Facts } from '../../ui/facts.js'
import { TimeText } from '../../ui/time-text.js'

export const ExecutionFacts = ({ run }: { run: ExecutionDetails }) => (
  <div className="@container">
    <div className="grid gap-x-10 gap-y-2 @3xl:grid-cols-2">
      <Facts
        facts={[
          ['Flow', <FlowLink key="flow" run={run} />],
          ['Asked of VMs', run.backup_type === 'full' ? 'full backups' : 'incremental where possible'],
          ['Started by', `${run.triggered_by} (${run.execution_type})`],
          ...retryFacts(run),
          ['Read from sources', <BytesText key="bytes" bytes={run.bytes_transferred} />],
          ['Backups begun', run.jobs_created.toLocaleString('en')],
        ]}
      />
      <Facts
        facts={[
          ...(run.nominal_time === null
            ? []
            : ([['Was due', <TimeText key="due" iso={run.nominal_time} hasZone />]] as const)),
          ['Asked at', <TimeText key="asked" iso={run.created_at} hasZone />],
          ['Started', <TimeText key="started" iso={run.started_at} hasZone />],
          ['Ended', <TimeText key="ended" iso={run.completed_at} hasZone />],
          ['Workflow', <WorkflowLink key="workflow" run={run} />],
        ]}
      />
    </div>
  </div>
)

const FlowLink = ({ run }: { run: ExecutionDetails }) => (
  <Link to={`/flows/${run.flow_id}`} className="text-blue-400 underline">
    {run.flow_name}
  </Link>
)

const retryFacts = ({ retry_of: of, retried_by: by }: ExecutionDetails) => [
  ...(of === null ? [] : [['Retry of', <RunLink key="of" id={of} />] as const]),
  ...(by === null ? [] : [['Retried by', <RunLink key="by" id={by} />] as const]),
]

const RunLink = ({ id }: { id: string }) => (
  <Link to={`/executions/${id}`} className="break-all text-blue-400 underline">
    {id}
  </Link>
)

const WorkflowLink = ({ run }: { run: ExecutionDetails }) => (
  <>
    <span className="block break-all">{run.workflow_id}</span>
    {run.temporal_url !== null && (
      <a
        href={run.temporal_url}
        target="_blank"
        rel="noreferrer"
        className="inline-flex items-center gap-1 text-blue-400 underline"
      >
        Open workflow in Temporal
        <ArrowTopRightOnSquareIcon aria-hidden="true" className="h-4 w-4" />
        <span className="sr-only">(new tab)</span>
      </a>
    )}
  </>
)
