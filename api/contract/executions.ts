import { z } from 'zod'
import {
  Execution,
  ExecutionItem,
  ExecutionStatus,
  ExecutionType,
  ItemStatus,
} from '../../domain/execution.js'
import { JobStep } from '../../domain/job-step.js'
import { executionActions } from '../../domain/rules/execution-actions.js'
import { BackupJob } from './backups.js'
import { Id, IdParams, operation, PageFields, Paging } from './operation.js'

/** Seed 001's ExecutionResponse and what we know beyond it. */
export const ExecutionResponse = Execution.extend({ flow_name: z.string() })
export type ExecutionResponse = z.infer<typeof ExecutionResponse>

export const ExecutionList = z.object({ executions: z.array(ExecutionResponse), ...PageFields })
export type ExecutionList = z.infer<typeof ExecutionList>

/**
 * `items`: the first 200 by position; all of them page by page at `/executions/{id}/items`. `jobs`: those items'
 * present or latest backups. `steps`: the execution's own; each job has its own log.
 */
export const ExecutionDetails = ExecutionResponse.extend({
  items: z.array(ExecutionItem),
  jobs: z.array(BackupJob),
  steps: z.array(JobStep),
  temporal_url: z.string().nullable(),
  /** What its state allows, whatever the asker's role. */
  available_actions: z.array(z.enum(executionActions)),
  retried_by: z.string().nullable(),
})
export type ExecutionDetails = z.infer<typeof ExecutionDetails>

export const ExecutionFilter = Paging.extend({
  flow_id: Id.optional(),
  status: ExecutionStatus.optional(),
  execution_type: ExecutionType.optional(),
})
export type ExecutionFilter = z.input<typeof ExecutionFilter>

/** `after`: the position of the last item of the page before. */
export const ItemFilter = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(200),
  after: z.coerce.number().int().min(-1).default(-1),
  status: ItemStatus.optional(),
})
export type ItemFilter = z.input<typeof ItemFilter>

export const ItemList = z.object({
  items: z.array(ExecutionItem),
  total: z.int(),
  /** Null on the last page. */
  next_after: z.int().nullable(),
})
export type ItemList = z.infer<typeof ItemList>

const tag = 'executions'

export const listExecutions = operation({
  name: 'listExecutions',
  method: 'GET',
  path: '/executions',
  summary: 'Runs of all flows, newest first',
  tag,
  role: 'viewer',
  query: ExecutionFilter,
  responses: { 200: ExecutionList },
})

export const getExecution = operation({
  name: 'getExecution',
  method: 'GET',
  path: '/executions/{id}',
  summary: 'One run with its items, jobs and steps',
  tag,
  role: 'viewer',
  params: IdParams,
  responses: { 200: ExecutionDetails },
})

export const listExecutionItems = operation({
  name: 'listExecutionItems',
  method: 'GET',
  path: '/executions/{id}/items',
  summary: 'The VMs of a run in the order of its plan',
  tag,
  role: 'viewer',
  params: IdParams,
  query: ItemFilter,
  responses: { 200: ItemList },
})

const action = (name: string, path: string, summary: string) =>
  operation({
    name,
    method: 'POST',
    path: `/executions/{id}/${path}`,
    summary,
    tag,
    role: 'operator',
    params: IdParams,
    responses: { 202: ExecutionResponse },
  })

export const cancelExecution = action('cancelExecution', 'cancel', 'Stops a run and its backups')
export const pauseExecution = action(
  'pauseExecution',
  'pause',
  'Begins no more VMs and pauses running backups',
)
export const resumeExecution = action('resumeExecution', 'resume', 'Goes on where it was paused')
export const retryExecution = action('retryExecution', 'retry', 'A new run of what failed alone')
