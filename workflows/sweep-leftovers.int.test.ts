import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker'
import { quietRuntime } from '../activities/catalog/testing/run-lab.js'
import type { ControlSteps } from '../activities/steps.js'
import { queues, workflowTypes } from '../domain/rules/names.js'
import { checkTemporal } from '../worker/check-temporal.js'
import { readConfig } from '../worker/config.js'
import { queueWorkers } from '../worker/queue-workers.js'
import { connectTemporal } from '../worker/temporal.js'

jest.setTimeout(120_000)

test('places that nobody serves are waited for beside each other, and the sweep ends all the same', async () => {
  quietRuntime()
  // A namespace of its own: another test's workers serve the control queue of the common one.
  const nowhere = randomBytes(4).toString('hex')
  const config = readConfig({
    ...process.env,
    TEMPORAL_NAMESPACE: `sweep-${nowhere}`,
    SENDENSE_KEY_FILE: 'none',
    SENDENSE_RUN_DIR: 'none',
  })
  const { native, client, close } = await connectTemporal(config)
  await client.connection.workflowService.registerNamespace({
    namespace: config.TEMPORAL_NAMESPACE,
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  })
  const known = (): Promise<boolean> =>
    checkTemporal(client)
      .catch((error: unknown) => error instanceof Error && /lacks/.test(error.message))
      .then((isKnown) => isKnown === true)
  while (!(await known())) await sleep(200)
  const ended: string[] = []
  const activities: Partial<ControlSteps> = {
    findOrphanJobs: () =>
      Promise.resolve({
        orphans: [],
        platforms: ['one', 'two'].map((platformId) => ({ platformId, site: `${nowhere}-${platformId}` })),
        repositories: [900_000_001, 900_000_002],
      }),
    settleExecutions: () => Promise.resolve({ settled: Number(ended.push('executions')), woken: 0 }),
    releaseClosedPins: () => Promise.resolve({ released: Number(ended.push('pins')) }),
    releaseClosedLeases: () => Promise.resolve({ released: Number(ended.push('leases')) }),
    pruneRecords: () => {
      ended.push('records')
      return Promise.resolve({ credentials: 0, sessions: 0, starts: 0, discoveries: 0, steps: 0 })
    },
  }
  {
    await using workers = queueWorkers({
      native,
      namespace: config.TEMPORAL_NAMESPACE,
      identity: 'test',
      interceptor: () => ({}),
      failed: (_, error) => {
        throw error
      },
    })
    const bundle = await bundleWorkflowCode({
      workflowsPath: path.resolve('workflows/all.ts'),
      logger: new DefaultLogger('ERROR'),
    })
    await workers.serve(queues.control, { activities, bundle, slots: 5 })
    const handle = await client.workflow.start(workflowTypes.sweepLeftovers, {
      workflowId: `sweep-${nowhere}`,
      taskQueue: queues.control,
    })
    await handle.result()
    const { events } = await handle.fetchHistory()
    const begun = (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: scheduled }) =>
      /^sweep/.test(scheduled?.activityType?.name ?? '')
        ? [String(scheduled?.workflowTaskCompletedEventId)]
        : [],
    )
    // Four places, begun in one decision: they are waited for beside each other.
    expect(begun).toHaveLength(4)
    expect(new Set(begun).size).toBe(1)
  }
  await close()
  expect(ended).toEqual(['executions', 'pins', 'leases', 'records'])
})
