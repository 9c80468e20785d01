import { writeAllPaused } from '../../../drizzle/queries/all-paused.js'
import { updateBackup } from '../../../drizzle/queries/backup-changes.js'
import { tryTakeSlots } from '../../../drizzle/queries/slots.js'
import { stopOf, updateExecution } from '../../../drizzle/queries/execution-changes.js'
import { dueItems, insertItems, itemsOf, itemTotals } from '../../../drizzle/queries/execution-items.js'
import { namedExecution } from '../../../drizzle/queries/execution-lists.js'
import { executionById } from '../../../drizzle/queries/executions.js'
import { flowById } from '../../../drizzle/queries/flows.js'
import { upsertContext } from '../../../drizzle/queries/vm-context-upsert.js'
import { openTestDatabase } from '../../../drizzle/testing/database.js'
import type { TestDatabase } from '../../../drizzle/testing/database.js'
import { explained } from '../../../drizzle/testing/list-rows.js'
import {
  aDisk,
  aVm,
  makeRepository,
  registerPlatform,
  registerVm,
  startBackup,
} from '../../../drizzle/testing/samples.js'
import type { ItemClaim, ItemOutcome } from '../../execution-steps.js'
import { addExecution, makeFlow } from '../testing/flow-lab.js'
import type { NoticeEvent } from '../../../domain/notice.js'
import { noticeId } from '../../../domain/rules/notices.js'
import type { ScheduleExecutionStatus } from '../../../domain/schedule.js'
import { cancelQueuedExecution } from '../../../drizzle/queries/execution-starts.js'
import { dueTimeById, dueTimeRow, executionRow } from '../../../drizzle/testing/execution-rows.js'
import { claimExecution } from './claim-execution.js'
import { claimItem } from './claim-item.js'
import { finishExecution, stopExecution } from './end-execution.js'
import { planExecution } from './plan-execution.js'
import { settleItem } from './settle-item.js'

// Making the tables syncs each one to disk: seconds on a loaded machine.
jest.setTimeout(60_000)

const limits = { vcenter: 8, host: 4, datastore: 1, repository: 4 }
let opened: TestDatabase
let repository: number
let at = new Date('2026-05-01T12:00:00.000Z')
beforeAll(async () => {
  opened = await openTestDatabase({ connectionLimit: 20 })
  repository = await makeRepository(opened.database.db)
})
afterAll(() => opened[Symbol.asyncDispose]())

const needs = () => ({ db: opened.database.db, now: () => at, limits })
const claim = (executionId: string, lane: number): Promise<ItemClaim> =>
  claimItem(needs())({ executionId, lane })
const claimedOf = (claimed: ItemClaim) => {
  if (claimed.kind !== 'item') throw new Error(`nothing was claimed: ${claimed.kind}`)
  return claimed.item
}
const settle = (executionId: string, claimed: ItemClaim, outcome: ItemOutcome) => {
  const { position, backup } = claimedOf(claimed)
  return settleItem({ ...needs(), whoRuns: () => Promise.resolve(null) })({
    ...{ executionId, position, outcome },
    backup: backup.backupId,
  })
}

/** An execution that runs, with so many items; every tenth has a priority of its own. */
const running = async (count: number, contexts: readonly string[] = []) => {
  const { db } = opened.database
  const flowId = await makeFlow(
    db,
    { target_type: 'group', target_id: 'grp-of-none', repository_id: repository },
    { retry_wait_seconds: 60 },
  )
  const executionId = await addExecution(db, flowId)
  const run = { flowId, wanted: executionId, workflowId: `flow:${flowId}`, runId: `run-${executionId}` }
  await claimExecution(needs())(run)
  await insertItems(
    db,
    executionId,
    Array.from({ length: count }, (_, index) => ({
      vm_context_id: contexts[index] ?? `ctx-${index}`,
      vm_name: `vm-${index}`,
      priority: index % 10 === 9 ? 90 : 50,
    })),
  )
  return { flowId, executionId }
}

test('twenty lanes at once never get the same VM, and all VMs are given, the important ones first', async () => {
  const { executionId } = await running(60)
  const taken: number[] = []
  const lane = async (number: number): Promise<void> => {
    for (;;) {
      const claimed = await claim(executionId, number)
      if (claimed.kind === 'done') return
      if (claimed.kind !== 'item') throw new Error(claimed.kind)
      taken.push(claimed.item.position)
      await settle(executionId, claimed, { kind: 'completed', bytesRead: 7 })
    }
  }
  await Promise.all(Array.from({ length: 20 }, (_, index) => lane(index + 1)))
  expect(taken).toHaveLength(60)
  expect(new Set(taken).size).toBe(60)
  // Six are important; claims that overlap may be noted in another order.
  expect(taken.slice(0, 26)).toEqual(expect.arrayContaining([9, 19, 29, 39, 49, 59]))
  expect(await executionById(opened.database.db, executionId)).toMatchObject({
    jobs_completed: 60,
    vms_processed: 60,
    jobs_created: 60,
    bytes_transferred: 420,
  })
})

test('a retried claim is answered with what the lane has open, and a settled one stays settled', async () => {
  const { executionId } = await running(3)
  const first = await claim(executionId, 1)
  expect(await claim(executionId, 1)).toEqual(first)
  expect(await claim(executionId, 2)).toMatchObject({ item: { position: 1 } })
  await settle(executionId, first, { kind: 'completed', bytesRead: 1 })
  const late: ItemOutcome = { kind: 'failed', code: 'read-failed', message: 'told late', remedy: null }
  expect(await settle(executionId, first, late)).toMatchObject({ status: 'completed' })
  expect(await claim(executionId, 1)).toMatchObject({ item: { position: 2 } })
})

test('what waits is not given before its time, and tells how long; a paused or stopped run gives nothing', async () => {
  const { db } = opened.database
  const { executionId } = await running(1)
  const failed: ItemOutcome = {
    kind: 'failed',
    code: 'read-failed',
    message: 'The disk broke.',
    remedy: 'Look.',
  }
  const claimed = await claim(executionId, 1)
  expect(await settle(executionId, claimed, failed)).toEqual({
    status: 'waiting',
    reason: 'The disk broke; retry 1 of 2 in 60 s',
    notBefore: '2026-05-01T12:01:00.000Z',
  })
  expect(await claim(executionId, 2)).toEqual({
    kind: 'wait',
    until: '2026-05-01T12:01:00.000Z',
    reason: 'vm-0: The disk broke; retry 1 of 2 in 60 s',
  })
  at = new Date('2026-05-01T12:01:00.000Z')
  await updateExecution(db, executionId, { status: 'paused' })
  expect(await claim(executionId, 1)).toEqual({ kind: 'held' })
  await updateExecution(db, executionId, { status: 'running' })
  expect(await claim(executionId, 1)).toMatchObject({ kind: 'item', item: { attempt: 2 } })
  await stopExecution(needs())({ executionId, why: 'run-time-over' })
  // Its own open one is its to end, even then.
  expect(await claim(executionId, 1)).toMatchObject({ kind: 'item', item: { attempt: 2 } })
  expect(await claim(executionId, 2)).toEqual({ kind: 'done' })
  const again = await claim(executionId, 1)
  expect(await settle(executionId, again, { kind: 'cancelled' })).toMatchObject({
    status: 'failed',
    reason: 'The run was stopped after 1 minutes: the flow allows 1',
  })
  expect(stopOf((await executionById(db, executionId))!)).toMatchObject({ code: 'run-time-over' })
})

test('a VM whose datastore is full lets the next one go first, and is taken when none has room', async () => {
  const { db } = opened.database
  const platform = await registerPlatform(db)
  const on = async (datastore: string): Promise<string> => {
    const vm = aVm({
      disks: [aDisk(2000, { datastore, backing_uuid: `uuid-${datastore}-${Math.random()}` })],
    })
    return (await upsertContext(db, platform, vm, at.toISOString())).context.id
  }
  const contexts = [await on('full'), await on('full'), await on('free')]
  const { executionId } = await running(3, contexts)
  const holder = { workflowId: 'backup:other', runId: 'run-other' }
  await tryTakeSlots(db, holder, [{ resource: `datastore:${platform.id}/full`, limit: 1 }])
  expect(await claim(executionId, 1)).toMatchObject({ item: { position: 2 } })
  expect(await claim(executionId, 2)).toMatchObject({ item: { position: 0 } })
})

test('an end that is recorded twice counts once, and a lane that was lost fails its VM', async () => {
  const { db } = opened.database
  const { flowId, executionId } = await running(2)
  const claimed = await claim(executionId, 1)
  await settle(executionId, claimed, { kind: 'completed', bytesRead: 5 })
  await claim(executionId, 1)
  const finish = finishExecution(needs())
  const finished = await finish({ executionId, end: { kind: 'ended' } })
  expect(finished.status).toBe('warning')
  expect(await finish({ executionId, end: { kind: 'cancelled' } })).toEqual(finished)
  expect(await flowById(db, flowId)).toMatchObject({
    last_execution_status: 'warning',
    total_executions: 1,
    successful_executions: 0,
    failed_executions: 0,
  })
  expect(await itemsOf(db, executionId, ['failed'])).toMatchObject([{ position: 1, error_code: 'internal' }])
})

test.each([
  { kind: 'failed', code: 'conflict', message: 'Its backup was terminated in Temporal', remedy: null },
  { kind: 'cancelled' },
  { kind: 'busy' },
] as const)('a point that stands counts, however its workflow ended: $kind', async (outcome) => {
  const { db } = opened.database
  const vm = await registerVm(db)
  const { executionId } = await running(1, [vm.context.id])
  const claimed = await claim(executionId, 1)
  await startBackup(db, vm, { id: claimedOf(claimed).backup.backupId })
  const end = { status: 'completed', bytes_read: 7, completed_at: at.toISOString() } as const
  await updateBackup(db, claimedOf(claimed).backup.backupId, end, ['pending'])
  expect(await settle(executionId, claimed, outcome)).toMatchObject({ status: 'completed' })
  expect(await executionById(db, executionId)).toMatchObject({ jobs_completed: 1, bytes_transferred: 7 })
})

test('a point that stands counts though its lane was lost', async () => {
  const { db } = opened.database
  const vm = await registerVm(db)
  const { executionId } = await running(1, [vm.context.id])
  const { backupId } = claimedOf(await claim(executionId, 1)).backup
  await startBackup(db, vm, { id: backupId })
  await updateBackup(db, backupId, { status: 'completed', bytes_read: 7 }, ['pending'])
  const finished = await finishExecution(needs())({ executionId, end: { kind: 'ended' } })
  expect(finished).toEqual({ status: 'success', message: null })
  expect(await itemsOf(db, executionId)).toMatchObject([{ status: 'completed', bytes_transferred: 7 }])
})

test('a VM that is busy with the very backup of its lane, which was reset, is waited for and not doubled', async () => {
  const { db } = opened.database
  const vm = await registerVm(db)
  const { executionId } = await running(1, [vm.context.id])
  const claimed = await claim(executionId, 1)
  const { backupId } = claimedOf(claimed).backup
  await startBackup(db, vm, { id: backupId })
  await expect(settle(executionId, claimed, { kind: 'busy' })).rejects.toMatchObject({
    code: 'vm-busy',
    retry: true,
  })
  const failed = { status: 'failed', error_code: 'read-failed', error_message: 'The disk broke' } as const
  await updateBackup(db, backupId, failed, ['pending'])
  expect(await settle(executionId, claimed, { kind: 'busy' })).toMatchObject({
    status: 'waiting',
    reason: 'The disk broke; retry 1 of 2 in 60 s',
  })
  expect(await itemsOf(db, executionId)).toMatchObject([{ attempts: 1, backup_ids: [backupId] }])
})

test('what is queued while all flows are paused is dropped when its turn comes, and says so', async () => {
  const { db } = opened.database
  const flowId = await makeFlow(db, { target_type: 'vm', target_id: 'ctx-0', repository_id: repository })
  const due = { execution_type: 'scheduled', nominal_time: at.toISOString() } as const
  const queued = await addExecution(db, flowId, due)
  const claims = () =>
    claimExecution(needs())({ flowId, wanted: null, workflowId: `flow:${flowId}`, runId: 'run-paused' })
  await writeAllPaused(db, { since: at.toISOString(), by: 'admin', reason: null })
  expect(await claims()).toBeNull()
  await writeAllPaused(db, null)
  expect(await claims()).toBeNull()
  expect(await executionById(db, queued)).toMatchObject({
    status: 'cancelled',
    error_message: 'All flows were paused by admin when its turn came',
  })
})

test('a run whose longest time is over before it has planned plans nothing any more, and is an error', async () => {
  const { db } = opened.database
  const of = await registerVm(db)
  const target = { target_type: 'vm', target_id: of.context.id, repository_id: of.repositoryId } as const
  const flowId = await makeFlow(db, target, { max_run_minutes: 1 })
  const executionId = await addExecution(db, flowId)
  const run = { flowId, wanted: executionId, workflowId: `flow:${flowId}`, runId: `run-${executionId}` }
  await claimExecution(needs())(run)
  await stopExecution(needs())({ executionId, why: 'run-time-over' })
  const plan = planExecution(needs())({ executionId, isRefreshed: true })
  await expect(plan).rejects.toThrow('was stopped before it had planned its VMs')
  const ended = await finishExecution(needs())({ executionId, end: { kind: 'ended' } })
  expect(ended.status).toBe('error')
  expect(ended.message).toMatch(/was stopped after .* the flow allows 1/)
})

test('the seventeenth execution into a repository of four places rests before it plans; one into another does not', async () => {
  const { db } = opened.database
  const [crowded, other] = [await makeRepository(db), await makeRepository(db)]
  const begun = async (repository_id: number) => {
    const flowId = await makeFlow(db, { target_type: 'vm', target_id: 'ctx-0', repository_id })
    const wanted = await addExecution(db, flowId)
    const run = { flowId, wanted, workflowId: `flow:${flowId}`, runId: `run-${wanted}` }
    return await claimExecution(needs())(run)
  }
  const first = []
  for (let count = 0; count < 16; count += 1) first.push(await begun(crowded))
  expect(first.map((claimed) => claimed?.rest)).toEqual(first.map(() => null))
  const { rest } = (await begun(crowded)) ?? {}
  expect(rest?.reason).toBe('16 executions into its repository are under way')
  expect(rest?.ms).toBeGreaterThanOrEqual(3000)
  expect(await begun(other)).toMatchObject({ rest: null })
})

test('what is given up when its turn comes is told once it is so, and again by a claim that could not', async () => {
  const { db } = opened.database
  const flowId = await makeFlow(
    db,
    { target_type: 'vm', target_id: 'ctx-0', repository_id: repository },
    { catchup_limit_minutes: 10 },
  )
  const queued = async (minutes: number, status: ScheduleExecutionStatus = 'queued') => {
    const nominal_time = new Date(at.getTime() - minutes * 60_000).toISOString()
    const schedule_execution_id = await dueTimeRow(db, flowId, { nominal_time, status })
    const id = await executionRow(db, flowId, {
      ...{ execution_type: 'scheduled', nominal_time, schedule_execution_id },
    })
    return { id, nominal_time, schedule_execution_id }
  }
  // Nobody began the one that was to start at once, either.
  const rows = [await queued(40, 'started'), await queued(30), await queued(20)]
  const taken = await queued(5)
  const told: NoticeEvent[] = []
  const claims = (runId: string, notify: (event: NoticeEvent) => Promise<void>) =>
    claimExecution({ ...needs(), notify })({ flowId, wanted: null, workflowId: `flow:${flowId}`, runId })
  const telling = async (event: NoticeEvent): Promise<void> => {
    // What is told stands.
    const [row] = await Promise.all(rows.map(({ id }) => executionById(db, id)))
    expect(row?.status).toBe('cancelled')
    told.push(event)
  }
  await expect(claims('run-1', () => Promise.reject(new Error('Temporal is away')))).rejects.toThrow('away')
  expect(await claims('run-1', telling)).toMatchObject({ executionId: taken.id })
  expect(told).toEqual([
    {
      ...{ kind: 'missed', flowId, nominalTime: rows[2]?.nominal_time, count: 3 },
      reason: expect.stringMatching(/20 minutes after it was due, and the flow's catch-up limit is 10/),
    },
  ])
  for (const { schedule_execution_id: due } of rows)
    expect(await dueTimeById(db, due)).toMatchObject({ status: 'missed' })
  expect(await dueTimeById(db, taken.schedule_execution_id)).toMatchObject({ status: 'started' })
  // A person's cancel is no miss.
  const cancelled = await queued(25)
  await cancelQueuedExecution(
    db,
    { ...cancelled, flow_id: flowId },
    'It was cancelled by ann before it began',
  )
  await claims('run-2', telling)
  expect(told.map((event) => noticeId(event))).toEqual(Array(2).fill(noticeId(told[0] as NoticeEvent)))
})

test('of thousands of VMs, claims and counters read no row but those that are claimed', async () => {
  const { executionId } = await running(2000)
  const plans = await explained(opened.url, async (db) => {
    await itemTotals(db, executionId)
    await dueItems(db, executionId, at.toISOString(), 64)
    await namedExecution(db, executionId)
  })
  const all = plans.map(({ plan }) => plan.join('; '))
  const byIndex = expect.stringMatching(/claim_ix.*Using index/) as string
  expect(all.slice(0, 2)).toEqual([byIndex, byIndex])
  // What is shown of it while it runs, too.
  const shown = plans.filter(({ statement }) => /sum\(.*attempts.*group by/s.test(statement))
  expect(shown.map(({ plan }) => plan.join('; '))).toEqual([byIndex, byIndex])
})

test('two runs of a flow at once: each execution is claimed by one of them', async () => {
  const { db } = opened.database
  const flowId = await makeFlow(db, { target_type: 'vm', target_id: 'ctx-0', repository_id: repository })
  const due = (minute: number) => `2026-05-01T12:0${minute}:00.000Z`
  const rows = await Promise.all(
    [3, 1, 2].map((minute) =>
      addExecution(db, flowId, { execution_type: 'scheduled', nominal_time: due(minute) }),
    ),
  )
  const asked = (runId: string) =>
    claimExecution(needs())({ flowId, wanted: null, workflowId: `flow:${flowId}`, runId })
  const answers = await Promise.all(['run-a', 'run-b', 'run-c', 'run-d'].map(asked))
  const ids = answers.map((claimed) => claimed?.executionId ?? null)
  expect(ids.filter((id) => id !== null).toSorted()).toEqual(rows.toSorted())
  expect(ids.filter((id) => id === null)).toHaveLength(1)
  // Who has one is answered with it again.
  const repeated = await Promise.all(['run-a', 'run-b', 'run-c', 'run-d'].map(asked))
  expect(repeated).toEqual(answers)
})
