import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { Client, Connection } from '@temporalio/client'
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client'
import { bundleWorkflowCode, NativeConnection, Worker } from '@temporalio/worker'
import type {
  ClaimedItem,
  ExecutionClock,
  ExecutionSteps,
  ItemClaim,
} from '../../activities/execution-steps.js'
import type { CaptureSteps } from '../../activities/steps.js'
import type { BackupInput } from '../../domain/backup.js'
import type { BackupResult, RunFlowInput } from '../../domain/operations.js'
import { defaultSite, queues, workflowIds, workflowTypes } from '../../domain/rules/names.js'
import { quietRuntime } from './replay.js'

type Steps = Omit<ExecutionSteps, 'settleExecutions'> &
  Pick<CaptureSteps, 'refreshInventory'> & { standIn(input: BackupInput): Promise<BackupResult> }

/** What a run's steps do; those that a test leaves out answer at once. */
export type FlowScript = Partial<Steps>

export interface ScriptedFlow {
  readonly handle: WorkflowHandleWithFirstExecutionRunId
  readonly flowId: string
  /** Each step's name as it begins, with what it was told where that is a decision. */
  readonly calls: string[]
}

/** The real `run-flow` and `flow-lane` on a real Temporal server, whose steps and backups do what a test says. */
export interface ScriptedFlows extends AsyncDisposable {
  readonly client: Client
  start(script: (ids: FlowIds) => FlowScript): Promise<ScriptedFlow>
}

export interface FlowIds {
  readonly flowId: string
  readonly executionId: string
  /** A VM of this flow, to be claimed. */
  item(position: number, attempt?: number): { readonly kind: 'item'; readonly item: ClaimedItem }
}

const said: { readonly [Name in keyof Steps]?: (input: never) => string } = {
  claimItem: ({ lane }: { lane: number }) => `lane ${lane}`,
  settleItem: (input: { position: number; outcome: { kind: string } }) =>
    `${input.position} ${input.outcome.kind}`,
  stopExecution: ({ why }: { why: string }) => why,
  markExecutionPaused: ({ reason }: { reason: string }) => reason,
  finishExecution: ({ end }: { end: { kind: string; message?: string } }) =>
    end.message === undefined ? end.kind : `${end.kind}: ${end.message}`,
  warnExecution: ({ warning }: { warning: string }) => warning,
}

export const anyTime: ExecutionClock = { isOver: false, closed: null, lookAt: null }

const usual = ({ executionId }: FlowIds): Steps => ({
  claimExecution: async () => ({ executionId, flowName: 'nightly', clock: anyTime, rest: null }),
  lookForQueued: async () => ({ queued: false }),
  refreshInventory: async () => ({ seen: 0, added: 0 }),
  warnExecution: async () => undefined,
  planExecution: async () => ({ items: 2, lanes: 1, target: 'vms' }),
  lookAtClock: async () => anyTime,
  claimItem: async () => ({ kind: 'done' }),
  settleItem: async () => ({ status: 'completed', reason: null, notBefore: null }),
  markExecutionPaused: async () => undefined,
  markExecutionResumed: async () => undefined,
  pauseBackups: async () => ({ paused: 0 }),
  resumeBackups: async () => ({ resumed: 0 }),
  stopExecution: async () => ({ stopped: 0 }),
  finishExecution: async () => ({ status: 'success', message: null }),
  standIn: async ({ backupId }) => ({ backupId, bytesRead: 1, bytesStored: 1 }),
})

/** Claims in this order, whoever asks; `done` after that. */
export const claims = (...answers: readonly ItemClaim[]): Steps['claimItem'] => {
  const left = [...answers]
  return async () => left.shift() ?? { kind: 'done' }
}

export async function openScriptedFlows(environment: NodeJS.ProcessEnv): Promise<ScriptedFlows> {
  const { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace } = environment
  if (!address || !namespace)
    throw new Error('This test needs Temporal: set TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE; `npm test` does')
  quietRuntime()
  const runs = new Map<string, { steps: Steps; calls: string[] }>()
  const names = Object.keys(usual(idsOf('none'))) as (keyof Steps)[]
  const activities = Object.fromEntries(names.map((name) => [name, stepOf(name, runs)]))
  const native = await NativeConnection.connect({ address })
  const connection = await Connection.connect({ address })
  const client = new Client({ connection, namespace })
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: join(__dirname, 'flows-with-stand-in.ts'),
    workflowInterceptorModules: [join(__dirname, '../interceptors.ts')],
    logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} },
  })
  const workers = await Promise.all(
    [queues.control, queues.capture(defaultSite)].map((taskQueue) =>
      Worker.create({
        ...{ connection: native, namespace, taskQueue, activities, shutdownForceTime: 5000 },
        ...(taskQueue === queues.control && { workflowBundle }),
        maxHeartbeatThrottleInterval: 200,
      }),
    ),
  )
  const running = Promise.all(workers.map((worker) => worker.run()))
  return {
    client,
    start: async (script) => {
      const unique = randomBytes(4).toString('hex')
      const ids = idsOf(unique)
      const calls: string[] = []
      runs.set(unique, { steps: { ...usual(ids), ...script(ids) }, calls })
      const handle = await client.workflow.start(workflowTypes.runFlow, {
        workflowId: workflowIds.flow(ids.flowId),
        taskQueue: queues.control,
        args: [{ flowId: ids.flowId, executionId: ids.executionId } satisfies RunFlowInput],
      })
      return { handle, flowId: ids.flowId, calls }
    },
    [Symbol.asyncDispose]: async () => {
      for (const worker of workers) worker.shutdown()
      await running
      await connection.close()
      await native.close()
    },
  }
}

const idsOf = (unique: string): FlowIds => {
  const [flowId, executionId] = [`flow-${unique}`, `exec-${unique}`]
  return {
    flowId,
    executionId,
    item: (position, attempt = 1) => ({
      kind: 'item',
      item: {
        position,
        attempt,
        summary: `Back up vm-${position}`,
        backup: {
          backupId: `backup-${unique}-${position}-${attempt}`,
          vmContextId: `ctx-${unique}-${position}`,
          repositoryId: 1,
          requestedType: 'auto',
          quiesce: 'prefer',
          excludeDisks: [],
          vmName: `vm-${position}`,
          flowId,
          executionId,
        },
      },
    }),
  }
}

const stepOf =
  (name: keyof Steps, runs: ReadonlyMap<string, { steps: Steps; calls: string[] }>) =>
  async (input: { flowId?: string; executionId?: string }): Promise<unknown> => {
    const unique = /^(?:exec|flow)-(\w+)/.exec(input.executionId ?? input.flowId ?? '')?.[1] ?? ''
    const run = runs.get(unique)
    if (run === undefined) throw new Error(`no script for ${JSON.stringify(input)}`)
    const what = said[name]?.(input as never)
    run.calls.push(what === undefined ? name : `${name} ${what}`)
    return await (run.steps[name] as (input: object) => Promise<unknown>)(input)
  }
