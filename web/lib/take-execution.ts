import type { QueryClient } from '@tanstack/react-query'
import type { ExecutionDetails, ExecutionList, ExecutionResponse } from '../../api/contract/executions.js'
import { getExecution, listExecutionItems, listExecutions } from '../../api/contract/executions.js'
import type { FlowDetails } from '../../api/contract/protection-flows.js'
import { getFlow } from '../../api/contract/protection-flows.js'
import { keyOf } from './query.js'

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
  client.setQueryData<FlowDetails>(flowKey, (flow) =>
    flow?.current_execution?.id === run.id ? { ...flow, current_execution: run } : flow,
  )
  if (known !== undefined && isSameWork(known, run)) return
  // Items that began, waited or ended, and what can be asked of the run now, are not in the event.
  for (const key of [detailsKey, flowKey, [listExecutionItems.name, 'pages', { id: run.id }]])
    void client.invalidateQueries({ queryKey: key })
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
