import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CancelledFailure } from '@temporalio/client'
import type { WorkflowFailedError } from '@temporalio/client'
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker'
import { quietRuntime } from '../activities/catalog/testing/run-lab.js'
import { openMemory } from '../activities/platforms/memory/connect.js'
import { memoryDatacentre } from '../activities/platforms/memory/datacentre.js'
import type { OpenPlatform } from '../activities/platforms/platform.js'
import type { CaptureSteps } from '../activities/steps.js'
import { openTestDatabase } from '../drizzle/testing/database.js'
import { registerPlatform } from '../drizzle/testing/samples.js'
import { readConfig } from './config.js'
import { queueWorkers } from './queue-workers.js'
import { captureSteps, openConnections } from './steps.js'
import { connectTemporal } from './temporal.js'

jest.setTimeout(120_000)

const heartbeatMs = 3000

/** Serves the capture steps on a platform that answers a connection when `answer` lets it. */
const openLab = async (answer: () => Promise<unknown>) => {
  quietRuntime()
  const opened = await openTestDatabase()
  const { db } = opened.database
  const datacentre = memoryDatacentre(`beating-${randomBytes(4).toString('hex')}`)
  const platform = await registerPlatform(db, { kind: 'memory', host: datacentre.name, transport: 'memory' })
  const config = readConfig({
    ...process.env,
    SENDENSE_KEY_FILE: 'none: the memory data centre asks for no password',
    SENDENSE_RUN_DIR: 'none: nothing is copied',
  })
  const open: OpenPlatform = async (...of) => {
    await answer()
    return await openMemory(...of)
  }
  const secretOf = () => Promise.resolve('')
  const connections = openConnections(open, secretOf, 'none')
  const { native, client, close } = await connectTemporal(config)
  const queue = `beating-${randomBytes(4).toString('hex')}`
  const failed = (_: string, error: unknown): void => {
    throw error
  }
  const workers = queueWorkers({
    native,
    namespace: config.TEMPORAL_NAMESPACE,
    identity: 'test',
    interceptor: () => ({}),
    failed,
  })
  await workers.serve(queue, {
    activities: captureSteps({ db, client, config, connections, open, secretOf }),
    bundle: await bundleWorkflowCode({
      workflowsPath: path.resolve('worker/testing/one-step.ts'),
      logger: new DefaultLogger('ERROR'),
    }),
    slots: 5,
  })
  return {
    datacentre,
    platform,
    start: (step: keyof CaptureSteps, input: unknown) =>
      client.workflow.start('oneStep', {
        workflowId: `${queue}:${step}`,
        taskQueue: queue,
        args: [queue, heartbeatMs, step, input],
      }),
    [Symbol.asyncDispose]: async () => {
      await workers[Symbol.asyncDispose]()
      await connections[Symbol.asyncDispose]()
      await close()
      datacentre[Symbol.dispose]()
      await opened[Symbol.asyncDispose]()
    },
  }
}

test('a step may last longer than its heartbeat time-out', async () => {
  await using lab = await openLab(() => sleep(2 * heartbeatMs))
  const { id: platformId } = lab.platform
  const asked = { requestId: 'slow', platformId, adHoc: null, filter: null, datacenter: 'memory' }
  const running = [await lab.start('discover', asked), await lab.start('sweepSnapshots', { platformId })]
  expect(await Promise.all(running.map((handle) => handle.result()))).toEqual([
    { requestId: 'slow', found: 0 },
    { removed: 0 },
  ])
})

test('a question that is cancelled ends while the platform still thinks', async () => {
  const thinking = new AbortController()
  let markAsked = (): void => undefined
  const asked = new Promise<void>((resolve) => (markAsked = resolve))
  await using lab = await openLab(() => {
    markAsked()
    return sleep(50_000, undefined, { signal: thinking.signal })
  })
  const handle = await lab.start('testPlatform', { platformId: lab.platform.id })
  await asked
  await handle.cancel()
  const began = performance.now()
  const ending = (await handle.result().catch((error: unknown) => error)) as WorkflowFailedError
  const tookMs = performance.now() - began
  thinking.abort()
  expect(ending.cause).toBeInstanceOf(CancelledFailure)
  expect(tookMs).toBeLessThan(15_000)
})
