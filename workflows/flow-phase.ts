import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow'
import type { ClaimedExecution } from '../activities/execution-steps.js'
import { searchAttributes } from './messages.js'
import type { RunSwitch } from './run-switch.js'

/** One execution of a flow, as its parts see it. */
export interface FlowRun extends ClaimedExecution {
  readonly flowId: string
  readonly messages: RunSwitch
  /** Each tells one lane that rows have changed. */
  readonly wakers: (() => void)[]
}

/** Shows in the Temporal UI what an execution does now: `OpState` in lists, a sentence in the run's details. */
export function show({ flowName, executionId }: FlowRun, state: string, details: string): void {
  setCurrentDetails(`**${flowName}**, execution \`${executionId}\`\n\n${details}`)
  const known = workflowInfo().typedSearchAttributes
  const changed = [
    { key: searchAttributes.executionId, value: executionId },
    { key: searchAttributes.opState, value: state },
  ].filter(({ key, value }) => known.get(key) !== value)
  // Each costs the server an event and a write to its lists.
  if (changed.length > 0) upsertSearchAttributes(changed)
}
