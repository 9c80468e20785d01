import { randomBytes } from 'node:crypto'
import { Client, Connection } from '@temporalio/client'
import type { WorkflowHandle } from '@temporalio/client'
import { NativeConnection, Worker } from '@temporalio/worker'
import type { BackupInput } from '../../domain/backup.js'
import { defaultSite, queues, workflowIds, workflowTypes } from '../../domain/rules/names.js'
import type { CaptureSteps, ControlSteps, RepositorySteps } from '../../activities/steps.js'
import { bundleWorkflows, quietRuntime } from './replay.js'

type Steps = ControlSteps & CaptureSteps & RepositorySteps
/** The steps of a backup by name; what a test leaves out answers at once. */
export type Script = Partial<Pick<Steps, (typeof names)[number]>>

const names = [
  ...['claimBackup', 'takeLease', 'releaseLease', 'takeSlots', 'releaseSlots', 'releasePins'],
  ...['markCancelling', 'markPaused', 'markResumed', 'forgetCopies', 'addWarning', 'recordPoint'],
  ...['finishBackup', 'discoverVm', 'preFlight'],
  ...['enableChangeTracking', 'takeSnapshot', 'checkPauseRoom', 'removeSnapshot', 'copyDisk'],
  ...['commitPoint', 'discardPoint', 'recordAuditRequest', 'auditDisk', 'concludeAudit', 'lookForRoom'],
] as readonly (keyof Steps)[]

/** The real `backup-vm` on a real Temporal server, whose steps do what a test says and nothing else. */
export interface ScriptedRuns extends AsyncDisposable {
  readonly client: Client
  /** Starts a run that takes its steps from the script; `calls` grows by each step's name as it begins. */
  start(
    script: Script,
    asked?: Partial<BackupInput>,
  ): Promise<{ readonly handle: WorkflowHandle; readonly calls: string[] }>
}

const disk = (n: number) => ({
  diskId: `disk-${n}`,
  label: `Hard disk ${n}`,
  key: 1999 + n,
  capacityBytes: 1,
})
/** What `claimBackup` answers where a test says nothing else. */
export const claimed = {
  site: defaultSite,
  heartbeatSeconds: 10,
  pauseMinutes: 60,
  roomCheckSeconds: 1,
  undoSeconds: 600,
}

const usual: Script = {
  claimBackup: async () => claimed,
  takeLease: async () => ({ taken: true, waitsFor: null }),
  takeSlots: async () => ({ taken: true, waitsFor: null }),
  discoverVm: async () => ({ vmName: 'vm', drift: [] }),
  preFlight: async () => ({
    disks: [disk(1), disk(2)],
    leftOut: [],
    backupType: 'full',
    reason: 'first',
    warnings: 0,
  }),
  enableChangeTracking: async () => ({ enabled: true, reason: null }),
  takeSnapshot: async () => ({ reference: 'snapshot-1', consistency: 'crash', adopted: false }),
  checkPauseRoom: async () => ({ whyNoRoom: null }),
  copyDisk: async ({ diskId }) => ({ diskId, bytesRead: 1, bytesStored: 1, attemptNo: 1 }),
  auditDisk: async () => ({ result: 'agrees', detail: '1 of 1 MiB' }),
  concludeAudit: async () => ({ result: 'agrees', detail: 'all agree' }),
  commitPoint: async () => ({ manifestPath: '/points/one.json' }),
}

export async function openScriptedRuns(environment: NodeJS.ProcessEnv): Promise<ScriptedRuns> {
  const { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace } = environment
  if (!address || !namespace)
    throw new Error('This test needs Temporal: set TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE; `npm test` does')
  quietRuntime()
  const scripts = new Map<string, { script: Script; calls: string[] }>()
  const activities = Object.fromEntries(names.map((name) => [name, stepOf(name, scripts)]))
  const native = await NativeConnection.connect({ address })
  const connection = await Connection.connect({ address })
  const client = new Client({ connection, namespace })
  const workflowBundle = await bundleWorkflows()
  const workers = await Promise.all(
    [queues.control, queues.capture(defaultSite), queues.repository(1)].map((taskQueue) =>
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
    start: async (script, asked) => {
      const input = { ...newInput(), ...asked }
      const calls: string[] = []
      scripts.set(input.backupId, { script, calls })
      const workflowId = workflowIds.backup(input.vmContextId)
      const what = { workflowId, taskQueue: queues.control, args: [input] }
      return { handle: await client.workflow.start(workflowTypes.backupVm, what), calls }
    },
    [Symbol.asyncDispose]: async () => {
      for (const worker of workers) worker.shutdown()
      await running
      await connection.close()
      await native.close()
    },
  }
}

const stepOf =
  (name: keyof Steps, scripts: ReadonlyMap<string, { script: Script; calls: string[] }>) =>
  async (input: { backupId?: string; jobId?: string }): Promise<unknown> => {
    const run = scripts.get(input.backupId ?? input.jobId ?? '')
    if (run === undefined) throw new Error(`no script for ${input.backupId ?? input.jobId}`)
    run.calls.push(name)
    const step = (run.script[name] ?? usual[name]) as ((input: object) => Promise<unknown>) | undefined
    return await step?.(input)
  }

const newInput = (): BackupInput => {
  const unique = randomBytes(4).toString('hex')
  return {
    backupId: `backup-scripted-${unique}`,
    vmContextId: `ctx-scripted-${unique}`,
    repositoryId: 1,
    requestedType: 'full',
    quiesce: 'prefer',
    excludeDisks: [],
    vmName: 'scripted',
  }
}
