import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker'
import { quietRuntime } from '../activities/catalog/testing/run-lab.js'
import type { ControlSteps } from '../activities/steps.js'
import { queues, workflowTypes } from '../domain/rules/names.js'
import { readConfig } from '../worker/config.js'
import { queueWorkers } from '../worker/queue-workers.js'
import { connectTemporal } from '../worker/temporal.js'

jest.setTimeout(120_000)

test('places that nobody serves cost a sweep half a minute together, and it ends all the same', async () => {
  quietRuntime()
  const config = readConfig({ ...process.env, SENDENSE_KEY_FILE: 'none', SENDENSE_RUN_DIR: 'none' })
  const { native, client, close } = await connectTemporal(config)
  const ended: string[] = []
  const nowhere = randomBytes(4).toString('hex')
  const activities: Partial<ControlSteps> = {
    findOrphanJobs: () =>
      Promise.resolve({
        orphans: [],
        platforms: ['one', 'two'].map((platformId) => ({ platformId, site: `${nowhere}-${platformId}` })),
        repositories: [900_000_001, 900_000_002],
      }),
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
    const began = performance.now()
    await client.workflow.execute(workflowTypes.sweepLeftovers, {
      workflowId: `sweep-${nowhere}`,
      taskQueue: queues.control,
    })
    expect(performance.now() - began).toBeLessThan(45_000)
  }
  await close()
  expect(ended).toEqual(['leases', 'records'])
})
