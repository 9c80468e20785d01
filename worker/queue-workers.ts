import { Worker } from '@temporalio/worker'
import type { ActivityInterceptorsFactory, NativeConnection, WorkflowBundle } from '@temporalio/worker'

/** A run that is not in memory is replayed from its history at each of its steps: a thousand flows wait at once. */
const cachedWorkflows = 2500

export interface QueueOptions {
  readonly native: NativeConnection
  readonly namespace: string
  readonly identity: string
  readonly interceptor: ActivityInterceptorsFactory
  /** Called when a queue's worker stops by itself: the process cannot serve its role any more. */
  readonly failed: (queue: string, error: unknown) => void
}

export interface QueueWorkers extends AsyncDisposable {
  readonly queues: () => readonly string[]
  /** Begins to serve a queue; a queue that is served is left alone. */
  serve(
    queue: string,
    what: { readonly activities: object; readonly bundle?: WorkflowBundle; readonly slots: number },
  ): Promise<void>
  /** Stops serving a queue after its steps have ended. */
  leave(queue: string): Promise<void>
}

/** The workers of this process, one a queue, on one connection. */
export function queueWorkers(options: QueueOptions): QueueWorkers {
  const running = new Map<string, { worker: Worker; ended: Promise<void> }>()
  const leave = async (queue: string): Promise<void> => {
    const served = running.get(queue)
    running.delete(queue)
    if (served?.worker.getState() === 'RUNNING') served.worker.shutdown()
    await served?.ended
  }
  return {
    queues: () => [...running.keys()],
    serve: async (queue, { activities, bundle, slots }) => {
      if (running.has(queue)) return
      const worker = await Worker.create({
        connection: options.native,
        namespace: options.namespace,
        identity: `${options.identity}/${queue}`,
        taskQueue: queue,
        activities,
        ...(bundle && { workflowBundle: bundle, maxCachedWorkflows: cachedWorkflows }),
        interceptors: { activity: [options.interceptor] },
        maxConcurrentActivityTaskExecutions: slots,
        maxConcurrentActivityTaskPolls: 2,
        // Progress reaches the server, and cancellation the mover, at this pace.
        maxHeartbeatThrottleInterval: '2s',
        defaultHeartbeatThrottleInterval: '2s',
        shutdownGraceTime: '2s',
        shutdownForceTime: '15s',
      })
      const ended = worker.run().catch((error: unknown) => options.failed(queue, error))
      running.set(queue, { worker, ended })
    },
    leave,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...running.keys()].map(leave))
    },
  }
}
