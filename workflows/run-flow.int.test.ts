import { setTimeout as sleep } from 'node:timers/promises'
import { Context } from '@temporalio/activity'
import type { WorkflowHandle } from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker'
import { queues, workflowIds, workflowTypes } from '../domain/rules/names.js'
import { holdExclusively } from '../drizzle/testing/exclusive.js'
import { recordHistory } from './testing/record-history.js'
import { anyTime, claims, openScriptedFlows } from './testing/scripted-flows.js'
import type { FlowScript, ScriptedFlows } from './testing/scripted-flows.js'
import { bundleWorkflows, replay } from './testing/replay.js'
import { beating, count, gate, until } from './testing/scripted-tools.js'

jest.setTimeout(120_000)

let common: AsyncDisposable
let flows: ScriptedFlows
let bundle: WorkflowBundleWithSourceMap
beforeAll(async () => {
  common = await holdExclusively('the common queues')
  flows = await openScriptedFlows(process.env)
  bundle = await bundleWorkflows()
}, 600_000)
afterAll(async () => {
  await flows?.[Symbol.asyncDispose]()
  await common[Symbol.asyncDispose]()
})

const soon = (ms: number): string => new Date(Date.now() + ms).toISOString()
const update = (handle: WorkflowHandle, name: string, id: string) =>
  handle.executeUpdate<void, [string]>(name, { args: [id] })
/** Ends when it is cancelled. */
const stoppable: FlowScript['standIn'] = () => beating(Context.current().cancelled)
const lane = (flowId: string, executionId: string, number: number): WorkflowHandle =>
  flows.client.workflow.getHandle(workflowIds.lane(flowId, executionId, number))
/** Today's code, with the real backups, takes the same decisions. */
const replays = async (handle: WorkflowHandle): Promise<void> =>
  replay(bundle, await handle.fetchHistory(), handle.workflowId)
/** Resolves when the run has taken an Update. */
const accepted = async (handle: WorkflowHandle): Promise<void> => {
  const isTaken = async (): Promise<boolean> =>
    (await eventsOf(handle)).some((event) => event.workflowExecutionUpdateAcceptedEventAttributes)
  while (!(await isTaken())) await sleep(100)
}
const eventsOf = async (handle: WorkflowHandle) => (await handle.fetchHistory()).events ?? []
const keep = async (name: string, handle: WorkflowHandle): Promise<void> =>
  recordHistory(name, await handle.fetchHistory())

test('one VM needs no lane: claim, plan, back up, record, end', async () => {
  const { handle, calls } = await flows.start(({ item }) => ({
    planExecution: async () => ({ items: 1, lanes: 0, target: 'vm-0' }),
    claimItem: claims(item(0)),
  }))
  await handle.result()
  expect(calls).toEqual([
    'claimExecution',
    'planExecution',
    'claimItem lane 0',
    'standIn',
    'settleItem 0 completed',
    'claimItem lane 0',
    'finishExecution ended',
    'lookForQueued',
  ])
  await replays(handle)
  await keep('run-flow.one-vm.completed', handle)
})

test('lanes take VMs beside each other, and one that has nothing left waits for no slow one', async () => {
  const slow = gate()
  const { handle, calls, flowId } = await flows.start(({ item }) => ({
    planExecution: async () => ({ items: 4, lanes: 2, target: 'vms' }),
    claimItem: claims(item(0), item(1), item(2), item(3)),
    standIn: async ({ backupId, vmName }) => {
      if (vmName === 'vm-0') await beating(slow.opened)
      return { backupId, bytesRead: 1, bytesStored: 1 }
    },
  }))
  await until(() => calls.includes('settleItem 3 completed'))
  expect(calls).not.toContain('settleItem 0 completed')
  slow.open()
  await handle.result()
  const executionId = flowId.replace('flow', 'exec')
  for (const number of [1, 2]) await replays(lane(flowId, executionId, number))
  await replays(handle)
  await keep('run-flow.two-lanes.completed', handle)
  await keep('flow-lane.completed', lane(flowId, executionId, 1))
})

test('what a backup failed with is handed to the decision, and one that may pass by itself is begun again in time', async () => {
  const told: unknown[] = []
  let failures = 1
  const { handle } = await flows.start(({ item }) => ({
    claimItem: claims(item(0), { kind: 'wait', until: soon(2500), reason: 'vm-0: away' }, item(0, 2)),
    standIn: async ({ backupId }) => {
      if (failures-- > 0)
        throw ApplicationFailure.create({
          ...{ type: 'source-unreachable', message: 'The platform is away', nonRetryable: true },
          details: [{ remedy: 'Wait.' }],
        })
      return { backupId, bytesRead: 1, bytesStored: 1 }
    },
    settleItem: async ({ outcome }) => {
      told.push(outcome)
      return { status: 'waiting', reason: null, notBefore: null }
    },
  }))
  await handle.result()
  expect(told).toEqual([
    { kind: 'failed', code: 'source-unreachable', message: 'The platform is away', remedy: 'Wait.' },
    { kind: 'completed', bytesRead: 1 },
  ])
})

test('a VM whose backup runs already is busy, and a backup that somebody terminates is not tried again', async () => {
  const told: unknown[] = []
  const busy = gate()
  const { handle, calls } = await flows.start(({ item, flowId, executionId }) => ({
    planExecution: async () => {
      const { backup } = item(0).item
      await flows.client.workflow.start(workflowTypes.backupVm, {
        workflowId: workflowIds.backup(backup.vmContextId),
        taskQueue: queues.control,
        args: [{ ...backup, backupId: 'other', flowId, executionId }],
      })
      return { items: 2, lanes: 1, target: 'vms' }
    },
    claimItem: claims(item(0), item(1)),
    standIn: async ({ backupId }) => {
      await beating(busy.opened)
      return { backupId, bytesRead: 1, bytesStored: 1 }
    },
    settleItem: async ({ outcome }) => {
      told.push(outcome)
      return { status: 'waiting', reason: null, notBefore: null }
    },
  }))
  await until(() => count(calls, 'standIn') === 2)
  await flows.client.workflow
    .getHandle(workflowIds.backup(handle.workflowId.replace('flow:flow', 'ctx') + '-1'))
    .terminate()
  await handle.result()
  busy.open()
  expect(told).toEqual([
    { kind: 'busy' },
    {
      kind: 'failed',
      code: 'conflict',
      message: 'Its backup was terminated in Temporal',
      remedy: expect.stringContaining('next sweep'),
    },
  ])
})

test('a pause holds lanes until it is resumed, and backups that cannot be paused yet are asked again', async () => {
  const first = gate()
  let [asked, isPaused] = [0, false]
  const { handle, calls, flowId } = await flows.start(({ item }) => {
    const next = claims(item(0), item(1))
    return {
      claimItem: async (input) => (isPaused ? { kind: 'held' } : await next(input)),
      markExecutionPaused: async () => void (isPaused = true),
      markExecutionResumed: async () => void (isPaused = false),
      pauseBackups: async () => {
        if (++asked < 3) throw new Error('its disks are not being copied yet')
        return { paused: 1 }
      },
      standIn: async ({ backupId }) => {
        await beating(first.opened)
        return { backupId, bytesRead: 1, bytesStored: 1 }
      },
    }
  })
  const executionId = flowId.replace('flow', 'exec')
  await until(() => calls.includes('standIn'))
  await expect(update(handle, 'resume', executionId)).rejects.toMatchObject({
    cause: { type: 'conflict', message: `${executionId} cannot be resumed: it is not paused` },
  })
  await update(handle, 'pause', executionId)
  expect(calls).toContain('markExecutionPaused It was paused by an operator')
  await expect(update(handle, 'pause', executionId)).rejects.toMatchObject({
    cause: { message: `${executionId} cannot be paused: it is paused already` },
  })
  await until(() => asked === 3)
  first.open()
  await until(() => count(calls, 'claimItem lane 1') === 2)
  expect(count(calls, 'standIn')).toBe(1)
  await update(handle, 'resume', executionId)
  await handle.result()
  expect(
    calls.slice(calls.indexOf('markExecutionResumed')).filter((call) => call !== 'resumeBackups'),
  ).toEqual([
    'markExecutionResumed',
    'claimItem lane 1',
    'standIn',
    'settleItem 1 completed',
    'claimItem lane 1',
    'finishExecution ended',
    'lookForQueued',
  ])
  // Refused ones cost no history.
  const accepted = (await eventsOf(handle)).filter(
    (event) => event.workflowExecutionUpdateAcceptedEventAttributes,
  )
  expect(accepted).toHaveLength(2)
  await replays(handle)
  await keep('run-flow.paused', handle)
})

test('a resume ends the asking of backups that could not be paused', async () => {
  const { handle, calls, flowId } = await flows.start(({ item }) => {
    const held = gate()
    return {
      claimItem: claims(item(0)),
      pauseBackups: async () => {
        throw new Error('never')
      },
      standIn: async ({ backupId }) => {
        await beating(held.opened)
        return { backupId, bytesRead: 1, bytesStored: 1 }
      },
      resumeBackups: async () => {
        held.open()
        return { resumed: 1 }
      },
    }
  })
  const executionId = flowId.replace('flow', 'exec')
  await until(() => calls.includes('standIn'))
  await update(handle, 'pause', executionId)
  await until(() => count(calls, 'pauseBackups') > 1)
  await update(handle, 'resume', executionId)
  await handle.result()
  expect(calls.lastIndexOf('pauseBackups')).toBeLessThan(calls.indexOf('markExecutionResumed'))
})

test('a cancel stops what has not begun, then what runs, and the next queued execution still runs', async () => {
  let runs = 0
  const { handle, calls, flowId } = await flows.start(({ item, executionId }) => ({
    claimExecution: async () => {
      const id = [executionId, `${executionId}-2`][runs++]
      return id === undefined ? null : { executionId: id, flowName: 'nightly', clock: anyTime, rest: null }
    },
    planExecution: async () => ({ items: runs === 1 ? 2 : 1, lanes: runs === 1 ? 2 : 0, target: 'vms' }),
    claimItem: async (input) => (runs === 1 ? item(input.lane) : { kind: 'done' }),
    standIn: stoppable,
    lookForQueued: async () => ({ queued: runs === 1 }),
  }))
  const executionId = flowId.replace('flow', 'exec')
  await until(() => count(calls, 'standIn') === 2)
  await update(handle, 'cancel', executionId)
  await handle.result()
  const kept = calls.filter((call) => /^(stop|settle|finish|lookForQueued|claimExec)/.test(call))
  expect(kept.slice(0, 2)).toEqual(['claimExecution', 'stopExecution cancelled'])
  expect(kept.slice(2, 4).toSorted()).toEqual(['settleItem 1 cancelled', 'settleItem 2 cancelled'])
  expect(kept.slice(4)).toEqual([
    'finishExecution cancelled',
    'lookForQueued',
    'claimExecution',
    'finishExecution ended',
    'lookForQueued',
  ])
  const first = flows.client.workflow.getHandle(handle.workflowId, handle.firstExecutionRunId)
  expect((await eventsOf(first)).at(-1)?.workflowExecutionContinuedAsNewEventAttributes).toBeTruthy()
  await replays(first)
  await keep('run-flow.cancelled', first)
  await keep('flow-lane.cancelled', lane(flowId, executionId, 1))
})

test('a cancel of the expected execution does not stop another that runs in its place', async () => {
  const claim = gate()
  const { handle, calls, flowId } = await flows.start(({ item, executionId }) => ({
    claimExecution: async () => {
      await claim.opened
      return { executionId: `${executionId}-queued`, flowName: 'nightly', clock: anyTime, rest: null }
    },
    claimItem: claims(item(0)),
  }))
  await until(() => calls.includes('claimExecution'))
  const cancel = update(handle, 'cancel', flowId.replace('flow', 'exec'))
  await accepted(handle)
  claim.open()
  await handle.result()
  await cancel
  expect(calls).not.toContain('stopExecution cancelled')
  expect(calls).toContain('finishExecution ended')
})

test('a cancel of the workflow itself ends the execution as cancelled, with its backups waited for', async () => {
  const { handle, calls } = await flows.start(({ item }) => ({
    claimItem: claims(item(0)),
    standIn: stoppable,
  }))
  await until(() => calls.includes('standIn'))
  await handle.cancel()
  await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } })
  expect(calls).toContain('stopExecution cancelled')
  expect(calls.slice(-2)).toEqual(['settleItem 0 cancelled', 'finishExecution cancelled'])
  await replays(handle)
})

test('outside its window a run begins nothing, and goes on by itself when it opens', async () => {
  let isPaused = false
  const { handle, calls } = await flows.start(({ executionId, item }) => {
    const next = claims(item(0))
    const clock = { isOver: false, closed: 'The window is closed', lookAt: soon(3000) }
    return {
      claimExecution: async () => ({ executionId, flowName: 'nightly', clock, rest: null }),
      markExecutionPaused: async () => void (isPaused = true),
      markExecutionResumed: async () => void (isPaused = false),
      claimItem: async (input) => (isPaused ? { kind: 'held' } : await next(input)),
    }
  })
  await handle.result()
  expect(calls.filter((call) => !/Backups/.test(call))).toEqual([
    'claimExecution',
    'markExecutionPaused The window is closed',
    'planExecution',
    'claimItem lane 1',
    'lookAtClock',
    'markExecutionResumed',
    'claimItem lane 1',
    'standIn',
    'settleItem 0 completed',
    'claimItem lane 1',
    'finishExecution ended',
    'lookForQueued',
  ])
  await keep('run-flow.window', handle)
})

test('a run whose longest time is over is stopped, and ends as its VMs did', async () => {
  const { handle, calls } = await flows.start(({ executionId, item }) => ({
    claimExecution: async () => ({
      ...{ executionId, flowName: 'nightly', rest: null },
      clock: { isOver: false, closed: null, lookAt: soon(1500) },
    }),
    lookAtClock: async () => ({ isOver: true, closed: null, lookAt: null }),
    claimItem: claims(item(0)),
    standIn: stoppable,
  }))
  await handle.result()
  expect(calls.slice(-5)).toEqual([
    'lookAtClock',
    'stopExecution run-time-over',
    'settleItem 0 cancelled',
    'finishExecution ended',
    'lookForQueued',
  ])
  await replays(handle)
})

test('where a crowd is in line for its repository a run has begun, but plans later', async () => {
  const { handle, calls } = await flows.start(({ executionId }) => ({
    claimExecution: async () => ({
      ...{ executionId, flowName: 'nightly', clock: anyTime },
      rest: { ms: 4000, reason: '16 backups into its repository run or stand in line' },
    }),
  }))
  await handle.result()
  expect(calls.slice(0, 2)).toEqual(['claimExecution', 'planExecution'])
  const events = await eventsOf(handle)
  const fired = events.findIndex((event) => event.timerFiredEventAttributes)
  const [claimed, planned] = events.flatMap((event, at) => (event.markerRecordedEventAttributes ? [at] : []))
  expect([claimed, fired, planned]).toEqual([claimed, fired, planned].toSorted((a = 0, b = 0) => a - b))
  expect(fired).toBeGreaterThan(0)
  await keep('run-flow.rest', handle)
})

test('what cannot be planned is an error with its sentence; a platform that is away is a warning', async () => {
  const { handle, calls } = await flows.start(() => ({
    refreshInventory: async () => {
      throw ApplicationFailure.nonRetryable('The platform is away', 'source-unreachable')
    },
    planExecution: async ({ isRefreshed }) => {
      if (!isRefreshed) return { refresh: [{ platformId: 'p', name: 'vc-1', site: 'local' }] }
      throw ApplicationFailure.nonRetryable('The group empty holds no VM', 'conflict')
    },
  }))
  await handle.result()
  expect(calls.slice(-5)).toEqual([
    'refreshInventory',
    'warnExecution vc-1 could not be asked for new VMs; the run went on with those that are known: The platform is away',
    'planExecution',
    'finishExecution failed: The group empty holds no VM',
    'lookForQueued',
  ])
})

test('a wake that comes while it looks is not lost, and with nothing queued it ends', async () => {
  const looking = gate()
  let looks = 0
  const { handle, calls } = await flows.start(() => ({
    claimExecution: async () => {
      if (looks++ === 0) await looking.opened
      return null
    },
  }))
  await until(() => calls.length === 1)
  await handle.signal('wake')
  looking.open()
  await handle.result()
  expect(calls).toEqual(['claimExecution', 'claimExecution'])
})
