import type { SearchAttributePair } from '@temporalio/common'
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client'
import type { Client, WorkflowHandle } from '@temporalio/client'
import { queues } from '../domain/rules/names.js'
import { searchAttributes } from '../workflows/messages.js'

/** Temporal answers a start or a look in milliseconds, or it is away. */
const callTimeoutMs = 5000

export interface WorkflowStart {
  readonly type: string
  readonly workflowId: string
  readonly input: unknown
  /** One line for the Temporal UI, at most 200 bytes. */
  readonly summary: string
  readonly opKind: string
  readonly attributes?: readonly SearchAttributePair[]
  /** `use`: one that runs already is the one that is meant. `fail`: throws `WorkflowExecutionAlreadyStartedError`. */
  readonly whenRunning: 'use' | 'fail'
}

export type Outcome<Result> = { readonly done: true; readonly result: Result } | { readonly done: false }

/** Starts a workflow on the control queue. */
export function startWorkflow(temporal: Client, start: WorkflowStart): Promise<WorkflowHandle> {
  return soon(temporal, () =>
    temporal.workflow.start(start.type, {
      workflowId: start.workflowId,
      taskQueue: queues.control,
      args: [start.input],
      workflowIdConflictPolicy: start.whenRunning === 'use' ? 'USE_EXISTING' : 'FAIL',
      staticSummary: start.summary.slice(0, 190),
      typedSearchAttributes: [
        { key: searchAttributes.opKind, value: start.opKind },
        ...(start.attributes ?? []),
      ] as SearchAttributePair[],
    }),
  )
}

/** Starts a workflow and waits a bounded time for its result; its failure is thrown as the client throws it. */
export async function askWorkflow<Result>(
  temporal: Client,
  start: WorkflowStart,
  waitMs: number,
): Promise<Outcome<Result>> {
  return waitForResult<Result>(temporal, await startWorkflow(temporal, start), waitMs)
}

/** The workflow goes on when the time is over: only the waiting ends. */
async function waitForResult<Result>(
  temporal: Client,
  handle: Pick<WorkflowHandle, 'result'>,
  waitMs: number,
): Promise<Outcome<Result>> {
  const enough = AbortSignal.timeout(waitMs)
  try {
    return { done: true, result: (await temporal.withAbortSignal(enough, () => handle.result())) as Result }
  } catch (error) {
    if (enough.aborted) return { done: false }
    throw error
  }
}

/** Runs short calls with a deadline; without one a server that is away is waited for. */
export const soon = <Result>(temporal: Client, call: () => Promise<Result>): Promise<Result> =>
  temporal.withDeadline(Date.now() + callTimeoutMs, call)

export const isAlreadyStarted = (error: unknown): boolean =>
  error instanceof WorkflowExecutionAlreadyStartedError

export interface OpenRun {
  readonly jobId: string | null
  readonly executionId: string | null
  readonly phase: string | null
}

/** The job or execution that a workflow's open run works for, and the phase it shows; null when it is not open. */
export async function openRunOf(temporal: Client, workflowId: string): Promise<OpenRun | null> {
  const described = await soon(temporal, () => temporal.workflow.getHandle(workflowId).describe()).catch(
    (error: unknown) => {
      if (error instanceof Error && error.name === 'WorkflowNotFoundError') return null
      throw error
    },
  )
  if (described?.status.name !== 'RUNNING') return null
  const { typedSearchAttributes: shown } = described
  return {
    jobId: shown.get(searchAttributes.jobId) ?? null,
    executionId: shown.get(searchAttributes.executionId) ?? null,
    phase: shown.get(searchAttributes.opState) ?? null,
  }
}

/** The job that a workflow's open run works for; null when it has none or is not open. */
export const openJobOf = async (temporal: Client, workflowId: string): Promise<string | null> =>
  (await openRunOf(temporal, workflowId))?.jobId ?? null
