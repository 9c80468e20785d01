import { Link } from 'react-router'
import type { ExecutionDetails } from '../../../api/contract/executions.js'
import { BytesText } from '../../ui/bytes-text.js'
import { FactColumns } from '../../ui/facts.js'
import { TimeText } from '../../ui/time-text.js'
import { WorkflowLink } from '../../ui/workflow-link.js'

export const ExecutionFacts = ({ run }: { run: ExecutionDetails }) => (
  <FactColumns
    left={[
      ['Flow', <FlowLink key="flow" run={run} />],
      ['Asked of VMs', run.backup_type === 'full' ? 'full backups' : 'incremental where possible'],
      ['Started by', `${run.triggered_by} (${run.execution_type})`],
      ...retryFacts(run),
      ['Read from sources', <BytesText key="bytes" bytes={run.bytes_transferred} />],
      ['Backups begun', run.jobs_created.toLocaleString('en')],
    ]}
    right={[
      ...(run.nominal_time === null
        ? []
        : ([['Was due', <TimeText key="due" iso={run.nominal_time} hasZone />]] as const)),
      ['Asked at', <TimeText key="asked" iso={run.created_at} hasZone />],
      ['Started', <TimeText key="started" iso={run.started_at} hasZone />],
      ['Ended', <TimeText key="ended" iso={run.completed_at} hasZone />],
      ['Workflow', <WorkflowLink key="workflow" of={run} />],
    ]}
  />
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
