import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow'
import { searchAttributes } from './messages.js'
import type { RunSwitch } from './run-switch.js'

/** One execution of a flow, as its parts see it. */
export interface FlowRun {
  readonly flowId: string
  readonly executionId: string
  readonly flowName: string
  readonly messages: RunSwitch
  /** Each tells one lane that rows have changed. */
  readonly wakers: (() => void)[]
}

/** Shows in the Temporal UI what an execution does now: `OpState` in lists, a sentence in the run's details. */
export function show({ flowName, executionId }: FlowRun, state: string, details: string): void {
  setCurrentDetails(`**${flowName}**, execution \`${executionId}\`\n\n${details}`)
  upsertSearchAttributes([{ key: searchAttributes.opState, value: state }])
}
