import type { QueryClient } from '@tanstack/react-query'
import type { ExecutionDetails, ExecutionList, ExecutionResponse } from '../../api/contract/executions.js'
import { getExecution, listExecutionItems, listExecutions } from '../../api/contract/executions.js'
import type { FlowDetails } from '../../api/contract/protection-flows.js'
import { getFlow } from '../../api/contract/protection-flows.js'
import { keyOf } from './query.js'
import { isOpenRun } from './runs.js'

interface Pages {
  readonly pages: readonly ExecutionList[]
}

/** Puts a run as an event has it into the lists, its own page and its flow's. */
export const takeExecution = (client: QueryClient, run: ExecutionResponse): void => {
  const known = knownRun(client, run)
  client.setQueriesData<Pages>(
    { queryKey: [listExecutions.name, 'pages'] },
    (list) => list && { ...list, pages: list.pages.map((page) => withRun(page, run)) },
  )
  const detailsKey = keyOf(getExecution, { params: { id: run.id } })
  client.setQueryData<ExecutionDetails>(detailsKey, (details) => details && { ...details, ...run })
  const flowKey = keyOf(getFlow, { params: { id: run.flow_id } })
  client.setQueryData<FlowDetails>(flowKey, (flow) => flow && flowWith(flow, run))
  if (known !== undefined && isSameWork(known, run)) return
  // Items that began, waited or ended, and what can be asked of the run now, are not in the event.
  for (const key of [detailsKey, flowKey, [listExecutionItems.name, 'pages', { id: run.id }]])
    void client.invalidateQueries({ queryKey: key })
}

/** Takes the end of a run to its flow, where the run itself was asked for before the event came. */
export const takeEnd = (client: QueryClient, run: ExecutionResponse): void => {
  const key = keyOf(getFlow, { params: { id: run.flow_id } })
  client.setQueryData<FlowDetails>(key, (flow) => flow && flowWith(flow, run))
  void client.invalidateQueries({ queryKey: key })
}

/** A flow whose run is over has none under way; it must not say so until it is asked again. */
const flowWith = (flow: FlowDetails, run: ExecutionResponse): FlowDetails => {
  if (flow.current_execution?.id !== run.id) return flow
  if (isOpenRun(run.status)) return { ...flow, current_execution: run }
  const status = { ...flow.status, last_execution_id: run.id, last_execution_status: run.status }
  return { ...flow, current_execution: null, status }
}

/** Whether nothing but bytes moved. */
const isSameWork = (known: ExecutionResponse, run: ExecutionResponse): boolean =>
  known.status === run.status &&
  known.jobs_created === run.jobs_created &&
  known.vms_processed === run.vms_processed &&
  known.vms_total === run.vms_total &&
  known.pause_reason === run.pause_reason

const withRun = (page: ExecutionList, run: ExecutionResponse): ExecutionList => ({
  ...page,
  executions: page.executions.map((each) => (each.id === run.id ? run : each)),
})

const knownRun = (client: QueryClient, { id, flow_id }: ExecutionResponse): ExecutionResponse | undefined => {
  const details = client.getQueryData<ExecutionDetails>(keyOf(getExecution, { params: { id } }))
  if (details) return details
  for (const [, list] of client.getQueriesData<Pages>({ queryKey: [listExecutions.name, 'pages'] }))
    for (const page of list?.pages ?? []) {
      const run = page.executions.find((each) => each.id === id)
      if (run) return run
    }
  const flow = client.getQueryData<FlowDetails>(keyOf(getFlow, { params: { id: flow_id } }))
  return flow?.current_execution?.id === id ? flow.current_execution : undefined
}
