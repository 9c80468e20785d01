import type { Client } from '@temporalio/client'
import { queues } from '../../../domain/rules/names.js'
import { health } from '../../contract/health.js'
import type { HealthCheck } from '../../contract/health.js'
import { route } from '../../route.js'

const checkTimeoutMs = 2500
// A worker's poll lasts a minute at most; who has not polled for longer is gone, though the server still lists it.
const pollerFreshMs = 90_000

export const healthRoute = route(health, async ({ context }) => {
  const { temporal } = context
  const [database, server, workers] = await Promise.all([
    check('The database', () => context.database.ping().then(() => 'answers')),
    check('The Temporal server', () => askServer(temporal)),
    check('The control queue', () => askWorkers(temporal)),
  ])
  const status = database.ok && server.ok && workers.ok ? 200 : 503
  return {
    status,
    body: { status: status === 200 ? 'ok' : 'unavailable', checks: { database, temporal: server, workers } },
    headers: { 'cache-control': 'no-store' },
  }
})

/** Open to everybody: says what is away, never where it is. */
async function check(name: string, ask: () => Promise<string>): Promise<HealthCheck> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('late')), checkTimeoutMs)
  })
  try {
    return { ok: true, detail: `${name} ${await Promise.race([ask(), late])}` }
  } catch (error) {
    const why = error instanceof NobodyPolls ? 'is served by no worker' : 'does not answer'
    return { ok: false, detail: `${name} ${why}` }
  } finally {
    clearTimeout(timer)
  }
}

class NobodyPolls extends Error {
  override readonly name = 'NobodyPolls'
}

async function askServer(temporal: Client): Promise<string> {
  const deadline = Date.now() + checkTimeoutMs
  const { namespace } = temporal.options
  await temporal.withDeadline(deadline, () => temporal.workflowService.describeNamespace({ namespace }))
  return 'answers'
}

async function askWorkers(temporal: Client): Promise<string> {
  const deadline = Date.now() + checkTimeoutMs
  const { namespace } = temporal.options
  const answer = await temporal.withDeadline(deadline, () =>
    temporal.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name: queues.control },
      taskQueueType: 1,
    }),
  )
  const since = (Date.now() - pollerFreshMs) / 1000
  const fresh = (answer.pollers ?? []).filter(
    (poller) => Number(poller.lastAccessTime?.seconds ?? 0) >= since,
  )
  if (fresh.length === 0) throw new NobodyPolls()
  return `is served by ${new Set(fresh.map((poller) => poller.identity)).size} worker(s)`
}
