import type { WorkflowHandle } from '@temporalio/client'
import { openScheduleLab, scheduleOf } from '../activities/schedule/testing/schedule-lab.js'
import type { ScheduleLab } from '../activities/schedule/testing/schedule-lab.js'
import { queues, workflowIds, workflowTypes } from '../domain/rules/names.js'
import { decisionsOf, editFlow } from '../drizzle/testing/flow-edits.js'
import { recordHistory } from './testing/record-history.js'

jest.setTimeout(180_000)

let lab: ScheduleLab
beforeAll(async () => {
  lab = await openScheduleLab(process.env)
}, 300_000)
beforeEach(() => lab.setNow(null))
afterAll(() => lab?.[Symbol.asyncDispose]())

/** With RECORD_HISTORIES=1 the run is kept for every later version to replay. */
const keep = async (name: string, handle: WorkflowHandle): Promise<void> => {
  await recordHistory(name, await handle.fetchHistory())
}
const hour = (n: number): Date => new Date(Date.UTC(2026, 10, 20, n))
const rung = async (flowId: string, nominal: Date): Promise<WorkflowHandle> => {
  const handle = await lab.client.workflow.start(workflowTypes.flowTick, {
    ...{ workflowId: `${workflowIds.tick(flowId)}-${nominal.toISOString()}`, taskQueue: queues.control },
    ...{ args: [{ flowId }], searchAttributes: { TemporalScheduledStartTime: [nominal] } },
  })
  await handle.result()
  return handle
}

test('a ring is decided in one task', async () => {
  const flowId = await lab.addFlow(await lab.addSchedule(), { rung_until: hour(1).toISOString() })
  lab.setNow(new Date(hour(2).getTime() + 3000))
  const handle = await rung(flowId, hour(2))
  expect(await handle.result()).toMatchObject({ status: 'started' })
  await keep('flow-tick.decided', handle)
})

test('a ring whose notice cannot be started is tried again, and what it missed is told all the same', async () => {
  const flowId = await lab.addFlow(await lab.addSchedule(), {
    ...{ missed_run_policy: 'skip', rung_until: hour(2).toISOString() },
  })
  lab.setNow(new Date(hour(5).getTime() + 600_000))
  lab.failNotice()
  const handle = await rung(flowId, hour(5))
  expect(await handle.result()).toMatchObject({ status: 'missed' })
  const rows = await decisionsOf(lab.db, flowId)
  expect(lab.noticed.filter((event) => event.flowId === flowId)).toEqual([
    {
      ...{ kind: 'missed', flowId, nominalTime: hour(5).toISOString(), count: 3 },
      reason: rows.at(-1)?.reason,
    },
  ])
  await keep('flow-tick.tried-again', handle)
})

test('a change is followed, and one that is told of while it is', async () => {
  const flowId = await lab.addFlow(await lab.addSchedule())
  await Promise.all([lab.sync(flowId), lab.sync(flowId)])
  await editFlow(lab.db, flowId, { enabled: false })
  await lab.sync(flowId)
  const handle = lab.client.workflow.getHandle(workflowIds.flowSync(flowId))
  await handle.result()
  expect((await scheduleOf(lab, flowId)).state.paused).toBe(true)
  await keep('flow-sync', handle)
})

test('a schedule that is gone is made again', async () => {
  const flowId = await lab.addFlow(await lab.addSchedule())
  const handle = await lab.client.workflow.start(workflowTypes.reconcile, {
    ...{ workflowId: 'reconcile', taskQueue: queues.control, args: [] },
  })
  expect(await handle.result()).toMatchObject({ failed: [] })
  expect((await scheduleOf(lab, flowId)).state.paused).toBe(false)
  await keep('reconcile', handle)
})
