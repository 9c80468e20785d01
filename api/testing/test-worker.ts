import path from 'node:path'
import { ApplicationFailure, Context, sleep } from '@temporalio/activity'
import { Client, Connection } from '@temporalio/client'
import {
  bundleWorkflowCode,
  DefaultLogger,
  makeTelemetryFilterString,
  NativeConnection,
  Runtime,
  Worker,
} from '@temporalio/worker'
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker'
import { pinPoints, releasePins } from '../../activities/catalog/pins.js'
import type { PlatformConnections } from '../../activities/connections.js'
import { checkVms } from '../../activities/flow-test/check-vms.js'
import { planFlowTest } from '../../activities/flow-test/plan-flow-test.js'
import { toApplicationFailure } from '../../activities/failure.js'
import type { CaptureSteps, ControlSteps, RepositorySteps } from '../../activities/steps.js'
import { Failure } from '../../domain/failure.js'
import type { InspectRepositoryInput, InspectRepositoryResult } from '../../domain/operations.js'
import { defaultSite, queues } from '../../domain/rules/names.js'
import type { DiscoveredVm } from '../../domain/vm.js'
import type { Db } from '../../drizzle/open.js'
import {
  claimBackup,
  deleteBackupRow,
  finishBackup,
  markCancelling,
} from '../../drizzle/queries/backup-changes.js'
import { deleteCredential } from '../../drizzle/queries/credentials.js'
import { saveDiscovery } from '../../drizzle/queries/discovered-vms.js'
import { temporalNamespace } from './config.js'

/** What the other side of the API's questions says in a test. */
export interface Answers {
  /** What a repository is found to be; throw `refusal(…)` for what is wrong with it. */
  inspect: (input: InspectRepositoryInput) => InspectRepositoryResult
  vms: () => readonly DiscoveredVm[]
  contentUrl: () => { url: string; sizeBytes: number }
}

export const refusal = (
  code: string,
  message: string,
  facts: Record<string, unknown> = {},
): ApplicationFailure =>
  ApplicationFailure.create({
    type: code,
    message,
    nonRetryable: true,
    details: [{ remedy: 'Do something.', facts }],
  })

/** The real workflows with steps that answer at once; a backup goes on until it is cancelled. */
export async function startTestWorkers(
  address: string,
  db: Db,
  answers: Answers,
  repositories: readonly number[],
): Promise<AsyncDisposable> {
  const filter = makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' })
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter } } })
  const workflowBundle = await bundle()
  const connection = await NativeConnection.connect({ address })
  const asking = await Connection.connect({ address })
  const common = {
    connection,
    namespace: temporalNamespace(),
    shutdownGraceTime: 0,
    shutdownForceTime: 5000,
    maxHeartbeatThrottleInterval: 200,
  }
  const workers = await Promise.all([
    Worker.create({
      ...common,
      taskQueue: queues.control,
      workflowBundle,
      activities: controlSteps(db, new Client({ connection: asking, namespace: common.namespace })),
    }),
    Worker.create({
      ...common,
      taskQueue: queues.capture(defaultSite),
      activities: captureSteps(db, answers),
    }),
    ...repositories.map((id) =>
      Worker.create({
        ...common,
        taskQueue: queues.repository(id),
        activities: repositorySteps(db, answers),
      }),
    ),
  ])
  const running = Promise.all(workers.map((worker) => worker.run()))
  return {
    [Symbol.asyncDispose]: async () => {
      for (const worker of workers) worker.shutdown()
      await running
      await asking.close()
      await connection.close()
    },
  }
}

const bundle = (): Promise<WorkflowBundleWithSourceMap> =>
  bundleWorkflowCode({
    workflowsPath: path.resolve('workflows/all.ts'),
    logger: new DefaultLogger('ERROR'),
    webpackConfigHook: (config) => ({
      ...config,
      resolve: { ...config.resolve, extensionAlias: { '.js': ['.ts', '.js'] } },
    }),
  })

type Steps<All> = { [Name in keyof All]?: All[Name] }

const controlSteps = (db: Db, client: Client): Steps<ControlSteps> => ({
  claimBackup: async ({ backupId, runId }) => {
    await claimBackup(db, backupId, runId, new Date().toISOString())
    const settings = { heartbeatSeconds: 10, pauseMinutes: 60, roomCheckSeconds: 1, undoSeconds: 60 }
    return { site: defaultSite, ...settings }
  },
  planFlowTest: planFlowTest({ db, now: () => new Date(), site: defaultSite }),
  takeLease: () => Promise.resolve({ taken: true, waitsFor: null }),
  releaseLease: () => Promise.resolve(),
  takeSlots: () => Promise.resolve({ taken: true, waitsFor: null }),
  releaseSlots: () => Promise.resolve(),
  pinPoints: (input) =>
    pinPoints({ db, client })(input).catch((error: unknown) => {
      throw toApplicationFailure(error)
    }),
  releasePins: releasePins({ db }),
  recordUnverified: () => Promise.resolve(),
  markCancelling: async ({ backupId }) => void (await markCancelling(db, backupId)),
  finishBackup: async ({ backupId, status, cleanup }) =>
    void (await finishBackup(db, backupId, { status, cleanup, completed_at: new Date().toISOString() })),
  forgetCredential: async ({ credentialId }) => void (await deleteCredential(db, credentialId)),
})

/** A platform that has the VMs of the answers, and half of each datastore free. */
const foundAs = (answers: Answers): PlatformConnections => {
  const inventory = {
    vmById: (id: string) => {
      const vm = answers.vms().find((one) => one.id === id)
      if (vm === undefined) throw new Failure('vm-not-found', `There is no VM ${id}`, { retry: false })
      return Promise.resolve(vm)
    },
    datastoresOf: () => Promise.resolve([{ name: 'store1', capacityBytes: 100, freeBytes: 50 }]),
  }
  return { to: () => Promise.resolve({ inventory }) } as unknown as PlatformConnections
}

const captureSteps = (db: Db, answers: Answers): Steps<CaptureSteps> => ({
  discover: async ({ requestId, platformId, filter }) => {
    const found = answers.vms().filter((vm) => filter === null || vm.name === filter)
    if (platformId !== null) await saveDiscovery(db, requestId, platformId, found)
    return { requestId, found: found.length }
  },
  checkVms: checkVms({ db, connections: foundAs(answers) }),
  testPlatform: () =>
    Promise.resolve({ ok: true, checks: [{ name: 'login', ok: true, detail: 'Logged in', remedy: null }] }),
  discoverVm: async () => {
    const context = Context.current()
    for (;;) {
      context.heartbeat()
      await sleep(200)
    }
  },
})

const repositorySteps = (db: Db, answers: Answers): Steps<RepositorySteps> => ({
  inspectRepository: (input) => new Promise((resolve) => resolve(answers.inspect(input))),
  verifyBackup: ({ backupId }) => Promise.resolve({ backupId, result: 'good', detail: 'all blocks' }),
  deletePoint: async ({ points, workflowId: owner, runId }) => {
    for (const id of points) await deleteBackupRow(db, id, { owner, runId })
  },
  rescanRepository: () =>
    Promise.resolve({ pointsFound: 2, pointsRestored: 1, pointsRefused: ['one is damaged'] }),
  openContent: () => Promise.resolve(answers.contentUrl()),
})
