import type { Flow } from '../../domain/flow.js'
import type { RelatedFlow } from '../../drizzle/queries/flow-lists.js'
import type { FlowResponse, FlowStatusFields } from '../contract/protection-flows.js'

/** A row as seed 001's FlowResponse; columns that are no field of it are left out at the door. */
export const toFlowResponse = ({ flow, schedule, ...names }: RelatedFlow): FlowResponse => ({
  ...flow,
  ...names,
  schedule_name: schedule?.name ?? null,
  schedule_cron: schedule?.cron ?? null,
  schedule_timezone: schedule?.timezone ?? null,
  schedule_enabled: schedule?.enabled ?? null,
  status: statusFieldsOf(flow),
})

export const statusFieldsOf = (flow: Flow): FlowStatusFields => ({
  last_execution_id: flow.last_execution_id,
  last_execution_status: flow.last_execution_status,
  last_execution_time: flow.last_execution_time,
  next_execution_time: flow.next_execution_time,
  total_executions: flow.total_executions,
  successful_executions: flow.successful_executions,
  failed_executions: flow.failed_executions,
})
