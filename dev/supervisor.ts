import { setTimeout as sleep } from 'node:timers/promises'
import type { ChildrenFile } from './children.js'
import { endProcess } from './process-identity.js'
import { startProcess, type RunningProcess, type ServicePlan } from './supervised-process.js'

export interface SupervisorOptions {
  readonly children: ChildrenFile
  /** One line for the person at the terminal. */
  readonly say: (line: string) => void
  /** Called whenever a service runs under another pid than before. */
  readonly onRestart: (pids: Readonly<Record<string, number>>) => Promise<void>
  /** First wait before a restart; doubles up to `longestWaitMs`, and starts over after a minute without a crash. */
  readonly firstWaitMs?: number
  readonly longestWaitMs?: number
}

export interface Supervisor {
  /** Starts one service and waits until it is ready; from then on it is restarted when it ends by itself. */
  start(plan: ServicePlan): Promise<void>
  pids(): Record<string, number>
  /** Stops all, last started first, each with its grace. A second call waits for the first. */
  stopAll(): Promise<void>
  /** No more grace for anything: for a second Ctrl-C. */
  hurry(): void
}

interface Service {
  readonly plan: ServicePlan
  running: RunningProcess | undefined
  stopping: boolean
  /** The loop that restarts it; resolves after it has been stopped. */
  watch: Promise<void>
}

const steadyMs = 60_000

export const openSupervisor = (options: SupervisorOptions): Supervisor => {
  const services: Service[] = []
  const stop = new AbortController()
  let hurried = false
  let stopped: Promise<void> | undefined
  const pids = (): Record<string, number> =>
    Object.fromEntries(
      services.flatMap(({ plan, running }) => (running ? [[plan.name, running.identity.pid]] : [])),
    )

  const launch = async (service: Service): Promise<RunningProcess> => {
    const running = await startProcess(service.plan)
    service.running = running
    await options.children.record({
      name: service.plan.name,
      graceMs: service.plan.graceMs,
      ...running.identity,
    })
    return running
  }

  const bringBack = async (service: Service): Promise<void> => {
    const running = await launch(service)
    try {
      await running.waitUntilReady(stop.signal)
    } catch (error) {
      await endProcess(running.identity, 1000)
      throw error
    }
    if (stop.signal.aborted) return
    options.say(`• ${service.plan.name} is back (pid ${running.identity.pid})`)
    await options.onRestart(pids())
  }

  /** Waits for the end of a service; unless we stop it, starts it again with growing waits. */
  const watch = async (service: Service): Promise<void> => {
    const first = options.firstWaitMs ?? 500
    let waitMs = first
    let startedAt = Date.now()
    while (service.running !== undefined) {
      const end = await service.running.ended
      if (service.stopping || stop.signal.aborted) return
      if (Date.now() - startedAt > steadyMs) waitMs = first
      options.say(
        `! ${service.plan.name} ended (${end}); starting it again in ${waitMs / 1000} s (log: ${service.plan.logFile})`,
      )
      await sleep(waitMs, undefined, { signal: stop.signal }).catch(() => undefined)
      if (stop.signal.aborted) return
      waitMs = Math.min(waitMs * 2, options.longestWaitMs ?? 30_000)
      startedAt = Date.now()
      await bringBack(service).catch((error: unknown) => {
        if (!stop.signal.aborted) options.say(`! ${error instanceof Error ? error.message : String(error)}`)
      })
    }
  }

  const stopService = async (service: Service): Promise<void> => {
    service.stopping = true
    if (service.running !== undefined)
      await endProcess(service.running.identity, hurried ? 0 : service.plan.graceMs)
    await service.watch
    // The watcher may have launched once more while it was told to stop.
    if (service.running !== undefined) await endProcess(service.running.identity, 0)
  }

  const stopInOrder = async (): Promise<void> => {
    stop.abort()
    for (const service of [...services].reverse()) await stopService(service)
    await options.children.clear()
  }

  return {
    pids,
    start: async (plan) => {
      const service: Service = { plan, running: undefined, stopping: false, watch: Promise.resolve() }
      services.push(service)
      const running = await launch(service)
      await running.waitUntilReady(stop.signal)
      service.watch = watch(service)
    },
    stopAll: () => (stopped ??= stopInOrder()),
    hurry: () => {
      hurried = true
      for (const { running } of services) if (running !== undefined) void endProcess(running.identity, 0)
    },
  }
}
