import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { bundleWorkflowCode } from '@temporalio/worker'
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker'
import { defaultSite, queues } from '../domain/rules/names.js'
import { listRepositories } from '../drizzle/queries/repositories.js'
import type { RepositorySteps } from '../activities/steps.js'
import { jobLog } from '../activities/job-log.js'
import type { Logger } from 'pino'
import type { NativeConnection } from '@temporalio/worker'
import { queueWorkers } from './queue-workers.js'
import type { QueueWorkers } from './queue-workers.js'
import { captureSteps, controlSteps, now } from './steps.js'
import type { StepContext } from './steps.js'

export interface ServeOptions {
  readonly context: StepContext
  readonly native: NativeConnection
  readonly repositorySteps: RepositorySteps
  readonly workflowsPath: string
  readonly interceptorsPath: string
  readonly log: Logger
  readonly failed: (error: unknown) => void
}

/** How soon a new repository's queue is served. */
const lookEveryMs = 1000

/** Serves the queues of this process's roles; repositories' queues come and go with their rows. */
export async function serve(options: ServeOptions): Promise<AsyncDisposable> {
  const { context, native, log } = options
  const { config } = context
  const has = (role: (typeof config.SENDENSE_ROLES)[number]): boolean => config.SENDENSE_ROLES.includes(role)
  const workers = queueWorkers({
    native,
    namespace: config.TEMPORAL_NAMESPACE,
    identity: `${hostname()}/${process.pid}`,
    interceptor: jobLog(context.db, now, (error, step) =>
      log.error({ step, error }, 'a step failed without a name'),
    ),
    failed: (queue, error) =>
      options.failed(new Error(`queue ${queue} is no longer served`, { cause: error })),
  })
  if (has('control'))
    await workers.serve(queues.control, {
      activities: controlSteps(context),
      bundle: await bundle(options),
      slots: 40,
    })
  if (has('capture'))
    await workers.serve(queues.capture(defaultSite), {
      activities: captureSteps(context),
      slots: 20,
    })
  const stopping = new AbortController()
  const watching = has('repository')
    ? watchRepositories(options, workers, stopping.signal)
    : Promise.resolve()
  return {
    [Symbol.asyncDispose]: async () => {
      stopping.abort()
      await watching
      await workers[Symbol.asyncDispose]()
    },
  }
}

async function bundle({
  workflowsPath,
  interceptorsPath,
}: ServeOptions): Promise<WorkflowBundleWithSourceMap> {
  return await bundleWorkflowCode({
    workflowsPath,
    workflowInterceptorModules: [interceptorsPath],
    logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} },
  })
}

async function watchRepositories(
  { context, repositorySteps, log }: ServeOptions,
  workers: QueueWorkers,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const wanted = new Set(
        (await listRepositories(context.db, { limit: 500 })).rows.map(({ id }) => queues.repository(id)),
      )
      for (const queue of wanted) await workers.serve(queue, { activities: repositorySteps, slots: 40 })
      const unwanted = workers
        .queues()
        .filter((queue) => queue.startsWith('repository-') && !wanted.has(queue))
      await Promise.all(unwanted.map((queue) => workers.leave(queue)))
    } catch (error) {
      log.warn({ error: String(error).slice(0, 200) }, 'could not look for repositories; trying again')
    }
    await sleep(lookEveryMs, undefined, { signal }).catch(() => undefined)
  }
}
