/** Steps of `run-flow` and `flow-lane`, on the control queue. Those with an `executionId` are lines of its JobLog. */
export interface ExecutionSteps {
  claimExecution(input: ClaimExecutionInput): Promise<ClaimedExecution>
}

export interface ExecutionRef {
  readonly executionId: string
}

/** Without an `executionId`: the oldest queued one of the flow. */
export interface ClaimExecutionInput {
  readonly flowId: string
  readonly wanted: string | null
  readonly workflowId: string
  readonly runId: string
}

/** `executionId` is null where nothing is left to run. */
export interface ClaimedExecution {
  readonly executionId: string | null
}
