import { ActivityCancellationType, proxyActivities, proxyLocalActivities } from '@temporalio/workflow'
import type { ActivityOptions } from '@temporalio/common'
import { queues } from '../domain/rules/names.js'
import type { CaptureSteps, ControlSteps, RepositorySteps } from '../activities/steps.js'

/**
 * Every step a workflow can take, with its time-outs and retries. Nothing here bounds how long a copy lasts:
 * heartbeats do. Cancelled steps are waited for (the SDK's default would move on while a copy still writes).
 */
const waitForCancelled = { cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED } as const
const patient: ActivityOptions['retry'] = {
  initialInterval: '1s',
  maximumInterval: '30s',
  backoffCoefficient: 2,
}

/** Short database steps; a database that is away is waited for. */
export const control = proxyActivities<ControlSteps>({
  taskQueue: queues.control,
  startToCloseTimeout: '30s',
  retry: patient,
  ...waitForCancelled,
})

/** One try of a short decision, on the worker that has the workflow's task in hand: it costs the server next to nothing. */
export const decisions = proxyLocalActivities<ControlSteps>({
  startToCloseTimeout: '8s',
  retry: { maximumAttempts: 1 },
})

/** All flows, page by page; what is left undone is done by the next round. */
export const reconciling = proxyActivities<ControlSteps>({
  taskQueue: queues.control,
  startToCloseTimeout: '1h',
  heartbeatTimeout: '30s',
  retry: { ...patient, maximumAttempts: 5 },
  ...waitForCancelled,
})

/** Steps that stand in line, however long: what has become free is looked for every few seconds. */
export const turns = proxyActivities<ControlSteps>({
  taskQueue: queues.control,
  startToCloseTimeout: '30s',
  retry: { initialInterval: '1s', maximumInterval: '5s', backoffCoefficient: 1.5 },
  ...waitForCancelled,
})

/** Writes the items of an execution, thousands of them perhaps. */
export const planning = proxyActivities<ControlSteps>({
  taskQueue: queues.control,
  startToCloseTimeout: '5m',
  retry: patient,
  ...waitForCancelled,
})

/** Updates to an execution's backups: tried until each has taken it; its retries cost no history. */
export const askingBackups = proxyActivities<ControlSteps>({
  taskQueue: queues.control,
  startToCloseTimeout: '5m',
  retry: { initialInterval: '2s', maximumInterval: '15s', backoffCoefficient: 1.5 },
  ...waitForCancelled,
})

/** Steps that talk to a source platform. 30 minutes of retries outlast a vCenter restart. */
export const capture = (site: string) =>
  proxyActivities<CaptureSteps>({
    taskQueue: queues.capture(site),
    startToCloseTimeout: '10m',
    scheduleToCloseTimeout: '30m',
    heartbeatTimeout: '30s',
    retry: patient,
    ...waitForCancelled,
  })

/** One question, asked once or twice while somebody waits; a queue that nobody serves answers in 30 s. */
export const captureQuestion = (site: string) =>
  proxyActivities<CaptureSteps>({
    taskQueue: queues.capture(site),
    startToCloseTimeout: '5m',
    scheduleToStartTimeout: '30s',
    heartbeatTimeout: '30s',
    retry: { initialInterval: '1s', maximumAttempts: 2 },
    ...waitForCancelled,
  })

/** What a run would like to know before it begins, and does without where the platform is away. */
export const captureIfThere = (site: string) =>
  proxyActivities<CaptureSteps>({
    taskQueue: queues.capture(site),
    startToCloseTimeout: '5m',
    scheduleToStartTimeout: '30s',
    scheduleToCloseTimeout: '6m',
    heartbeatTimeout: '30s',
    retry: { initialInterval: '2s', maximumAttempts: 2 },
    ...waitForCancelled,
  })

/**
 * Asked while a run is paused. Nobody waits for the answer: a cancel or a resume goes on without it, and where the
 * platform is away it is asked again later.
 */
export const captureWhilePaused = (site: string) =>
  proxyActivities<CaptureSteps>({
    taskQueue: queues.capture(site),
    startToCloseTimeout: '1m',
    scheduleToCloseTimeout: '2m',
    retry: { initialInterval: '5s', maximumAttempts: 2 },
    cancellationType: ActivityCancellationType.TRY_CANCEL,
  })

/** Asked once for a dry run, while somebody waits: what does not answer in time is told as that. */
const within45s = {
  scheduleToCloseTimeout: '45s',
  startToCloseTimeout: '40s',
  scheduleToStartTimeout: '15s',
  heartbeatTimeout: '30s',
  retry: { maximumAttempts: 1 },
  cancellationType: ActivityCancellationType.TRY_CANCEL,
} as const

export const captureDryRun = (site: string) =>
  proxyActivities<CaptureSteps>({ taskQueue: queues.capture(site), ...within45s })

export const repositoryDryRun = (repositoryId: number) =>
  proxyActivities<RepositorySteps>({ taskQueue: queues.repository(repositoryId), ...within45s })

/** Steps beside a repository: image files, manifests. */
export const repository = (repositoryId: number) =>
  proxyActivities<RepositorySteps>({
    taskQueue: queues.repository(repositoryId),
    startToCloseTimeout: '10m',
    heartbeatTimeout: '30s',
    retry: { ...patient, maximumAttempts: 20 },
    ...waitForCancelled,
  })

/**
 * Asked while a full repository pauses a run: each try looks once, and its retries, which no history counts, are the
 * wait. Nobody waits for its end when the run is resumed or cancelled.
 */
export const repositoryWhileFull = (repositoryId: number, everySeconds: number) =>
  proxyActivities<RepositorySteps>({
    taskQueue: queues.repository(repositoryId),
    startToCloseTimeout: '1m',
    retry: { initialInterval: `${everySeconds}s`, backoffCoefficient: 1 },
    cancellationType: ActivityCancellationType.TRY_CANCEL,
  })

/** Asked while an operator waits; a queue that nobody serves answers in 15 s. */
export const repositoryQuestion = (repositoryId: number) =>
  proxyActivities<RepositorySteps>({
    taskQueue: queues.repository(repositoryId),
    startToCloseTimeout: '30s',
    scheduleToStartTimeout: '15s',
    retry: { initialInterval: '500ms', maximumAttempts: 2 },
    ...waitForCancelled,
  })

/** Movers and verifiers: hours long, alive by heartbeat. */
export const mover = (repositoryId: number, heartbeatSeconds: number) =>
  proxyActivities<RepositorySteps>({
    taskQueue: queues.repository(repositoryId),
    startToCloseTimeout: '7d',
    heartbeatTimeout: `${heartbeatSeconds}s`,
    retry: { initialInterval: '2s', maximumInterval: '1m', backoffCoefficient: 2, maximumAttempts: 120 },
    ...waitForCancelled,
  })

/**
 * Steps of an undo: bounded, so that a run never hangs on a vCenter that is away, or answers no more. Runs that an
 * older worker claimed know no bound of their own.
 */
export const undoCapture = (site: string, undoSeconds = 600) =>
  proxyActivities<CaptureSteps>({
    taskQueue: queues.capture(site),
    startToCloseTimeout: '5m',
    scheduleToCloseTimeout: `${undoSeconds}s`,
    heartbeatTimeout: '30s',
    retry: { initialInterval: '1s', maximumInterval: '20s' },
    ...waitForCancelled,
  })

/** Steps of a sweep: what cannot be reached at once is left to the next one. */
const unlessAway = {
  startToCloseTimeout: '10m',
  scheduleToStartTimeout: '30s',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '1s', maximumAttempts: 2 },
  ...waitForCancelled,
} as const

export const sweepCapture = (site: string) =>
  proxyActivities<CaptureSteps>({ taskQueue: queues.capture(site), ...unlessAway })

export const sweepRepository = (repositoryId: number) =>
  proxyActivities<RepositorySteps>({ taskQueue: queues.repository(repositoryId), ...unlessAway })

export const undoRepository = (repositoryId: number, undoSeconds = 600) =>
  proxyActivities<RepositorySteps>({
    taskQueue: queues.repository(repositoryId),
    startToCloseTimeout: '5m',
    scheduleToCloseTimeout: `${undoSeconds}s`,
    retry: { initialInterval: '1s', maximumInterval: '20s' },
    ...waitForCancelled,
  })
