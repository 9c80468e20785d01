import type { NamedExecution } from '../../drizzle/queries/execution-lists.js'
import type { ExecutionResponse } from '../contract/executions.js'

/** A row as seed 001's ExecutionResponse. */
export const toExecutionResponse = ({ execution, flow_name }: NamedExecution): ExecutionResponse => ({
  ...execution,
  flow_name,
})
