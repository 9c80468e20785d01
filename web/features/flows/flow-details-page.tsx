import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { FlowDetails } from '../../../api/contract/protection-flows.js'
import { enableFlow } from '../../../api/contract/protection-flows.js'
import { failureText } from '../../lib/failure-text.js'
import { useMayCall } from '../../lib/role.js'
import { ExecutionStatusTag } from '../../ui/execution-status-tag.js'
import { PageHeader } from '../../ui/page-header.js'
import { QueryStates } from '../../ui/query-states.js'
import { Section } from '../../ui/section.js'
import { WayBack } from '../../ui/way-back.js'
import { Switch } from '../../ui/switch.js'
import { FlowActions } from './flow-actions.js'
import { FlowFacts } from './flow-facts.js'
import { FlowMachines } from './flow-machines.js'
import { flowQuery } from './flow-query.js'
import { FlowScheduleSection } from './flow-schedule-section.js'
import { useEnableFlow } from './use-enable-flow.js'

/** What other features show of a flow's runs. */
export interface RunViews {
  /** What can be asked of a run. */
  readonly actionsOf: (executionId: string) => ReactNode
  /** What a run works on now; null: nothing runs. */
  readonly activeJobs: (executionId: string | null) => ReactNode
  readonly history: ReactNode
}

export const FlowDetailsPage = ({
  id,
  runs,
  onVm,
  onDeleted,
}: {
  id: string
  runs: RunViews
  onVm: (vmContextId: string) => void
  onDeleted: () => void
}) => {
  const flow = useQuery(flowQuery(id))
  return (
    <>
      <WayBack to="/flows">Protection Flows</WayBack>
      {flow.data === undefined && <PageHeader title="Protection flow" hint={id} />}
      <QueryStates asked={flow} loading="Loading the flow">
        {(details) => <DetailsContent flow={details} runs={runs} onVm={onVm} onDeleted={onDeleted} />}
      </QueryStates>
    </>
  )
}

const DetailsContent = ({
  flow,
  runs,
  onVm,
  onDeleted,
}: {
  flow: FlowDetails
  runs: RunViews
  onVm: (vmContextId: string) => void
  onDeleted: () => void
}) => {
  const current = flow.current_execution?.id ?? null
  const latest = current ?? flow.status.last_execution_id
  return (
    <>
      <PageHeader title={flow.name} hint={flow.description ?? flow.id}>
        <ExecutionStatusTag
          status={flow.current_execution?.status ?? flow.status.last_execution_status}
          isFlow={current === null}
        />
        <EnabledSwitch flow={flow} />
      </PageHeader>
      <Section title="Machines in flow">
        <FlowMachines flow={flow} onVm={onVm} />
      </Section>
      <Section title="Active jobs">{runs.activeJobs(current)}</Section>
      <Section title="Flow actions">
        <FlowActions flow={flow} onDeleted={onDeleted}>
          {latest !== null && runs.actionsOf(latest)}
        </FlowActions>
      </Section>
      <Section title="Schedule">
        <FlowScheduleSection flow={flow} />
      </Section>
      <Section title="Settings">
        <FlowFacts flow={flow} />
      </Section>
      {runs.history}
    </>
  )
}

const EnabledSwitch = ({ flow }: { flow: FlowDetails }) => {
  const enable = useEnableFlow()
  const mayEnable = useMayCall(enableFlow)
  return (
    <>
      <Switch
        name={`${flow.name} enabled`}
        isOn={flow.enabled}
        isDisabled={!mayEnable || enable.isPending}
        onChange={(isOn) => enable.mutate({ id: flow.id, isOn })}
      />
      {enable.error && (
        <p role="alert" className="order-last w-full text-sm text-red-300">
          {failureText(enable.error).sentence}. {failureText(enable.error).remedy}
        </p>
      )}
    </>
  )
}
