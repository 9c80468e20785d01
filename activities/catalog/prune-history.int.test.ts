import { MockActivityEnvironment } from '@temporalio/testing'
import type { ExecutionStatus } from '../../domain/execution.js'
import { finishBackup } from '../../drizzle/queries/backup-changes.js'
import { backupById } from '../../drizzle/queries/backups.js'
import { recountFlow, updateExecution } from '../../drizzle/queries/execution-changes.js'
import { executionById } from '../../drizzle/queries/executions.js'
import { recordStepStart, stepsOf } from '../../drizzle/queries/job-steps.js'
import { flowExecutionItems } from '../../drizzle/schema/flow-execution-items.js'
import { protectionFlowExecutions } from '../../drizzle/schema/protection-flow-executions.js'
import { scheduleExecutions } from '../../drizzle/schema/schedule-executions.js'
import { openTestDatabase } from '../../drizzle/testing/database.js'
import type { TestDatabase } from '../../drizzle/testing/database.js'
import { addFlow } from '../../drizzle/testing/flow-rows.js'
import {
  countRows,
  dueTimesLeft,
  executionsLeft,
  flowRow,
  setDueTime,
  setLastExecution,
} from '../../drizzle/testing/history-rows.js'
import { registerVm, startBackup } from '../../drizzle/testing/samples.js'
import type { RegisteredVm } from '../../drizzle/testing/samples.js'
import { pruneHistory } from './prune-history.js'

jest.setTimeout(60_000)

let opened: TestDatabase
let of: RegisteredVm
beforeAll(async () => {
  opened = await openTestDatabase()
  of = await registerVm(opened.database.db)
})
afterAll(() => opened[Symbol.asyncDispose]())

const db = () => opened.database.db
const ago = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString()
const prune = (limits: { days: number; runs: number }) =>
  new MockActivityEnvironment().run(
    pruneHistory({ db: db(), now: () => new Date(), limits, batch: 2 }) as () => Promise<unknown>,
  )
const newFlow = () => addFlow(db(), { target_id: of.context.id, repository_id: of.repositoryId })

/** An execution of one item and one step. */
const run = async (
  id: string,
  flow_id: string,
  row: { days: number; status?: ExecutionStatus; retry_of?: string; due?: string },
): Promise<void> => {
  const { days, status = 'success', retry_of = null, due = null } = row
  const isOpen = ['pending', 'running', 'paused'].includes(status)
  const zero = { jobs_created: 0, jobs_completed: 0, jobs_failed: 0, jobs_skipped: 0, jobs_cancelled: 0 }
  await db()
    .insert(protectionFlowExecutions)
    .values({
      ...{ ...zero, id, flow_id, status, execution_type: 'scheduled', backup_type: 'auto', retry_of },
      ...{ vms_total: 1, vms_processed: 0, bytes_transferred: 0, warnings: [], created_job_ids: [] },
      ...{ workflow_id: `flow:${flow_id}`, triggered_by: 'schedule', created_at: ago(days) },
      ...{ schedule_execution_id: due, completed_at: isOpen ? null : ago(days) },
    })
  await db()
    .insert(flowExecutionItems)
    .values({
      ...{ execution_id: id, position: 0, vm_context_id: of.context.id, vm_name: 'vm', priority: 50 },
      ...{ status: 'completed', attempts: 1, backup_ids: [], reasons: [], bytes_transferred: 0 },
    })
  await stepOf(id, days)
}
const stepOf = (job_id: string, days: number) =>
  recordStepStart(db(), {
    ...{ job_id, step_id: 'run-flow/1', attempt: 1, name: 'plan', summary: 'plan', started_at: ago(days) },
  })
const due = async (id: string, flow_id: string, days: number): Promise<void> => {
  await db()
    .insert(scheduleExecutions)
    .values({ id, flow_id, nominal_time: ago(days), status: 'started', created_at: ago(days) })
}
const leftOf = (flowId: string) => executionsLeft(db(), flowId)
const dueLeft = (flowId: string) => dueTimesLeft(db(), flowId)

test('what is too old goes; what is open, a last run, or retried now stays; totals stay true', async () => {
  const [flow, quiet] = [await newFlow(), await newFlow()]
  await run('old-1', flow, { days: 40 })
  await run('old-2', flow, { days: 39, status: 'error' })
  await run('old-3', flow, { days: 38, status: 'warning' })
  await run('old-4', flow, { days: 37, status: 'cancelled' })
  await run('open', flow, { days: 50, status: 'paused' })
  await run('retried', flow, { days: 45, status: 'error' })
  await run('retry', flow, { days: 1, status: 'pending', retry_of: 'retried' })
  await run('young', flow, { days: 5 })
  await run('only', quiet, { days: 300 })
  await setLastExecution(db(), quiet, 'only')
  for (const [id, days] of [
    ['due-old', 40],
    ['due-young', 5],
  ] as const)
    await due(id, flow, days)

  expect(await prune({ days: 400, runs: 100 })).toMatchObject({ executions: 0, dueTimes: 0, more: false })
  expect(await prune({ days: 30, runs: 100 })).toEqual({
    ...{ executions: 4, steps: 4, dueTimes: 1, backups: 0, more: false },
  })
  expect(await leftOf(flow)).toEqual(['open', 'retried', 'retry', 'young'])
  expect(await leftOf(quiet)).toEqual(['only'])
  expect(await dueLeft(flow)).toEqual(['due-young'])
  expect(await stepsOf(db(), 'old-1')).toEqual([])
  expect(await countRows(db(), 'flow_execution_items')).toBe(5)
  expect(await flowRow(db(), flow)).toMatchObject({
    pruned_executions: 4,
    pruned_successful: 1,
    pruned_failed: 1,
  })
  expect(await prune({ days: 30, runs: 100 })).toMatchObject({ executions: 0, steps: 0, dueTimes: 0 })
  // Six ended ones were there: what is forgotten still counts, however often it is counted again.
  for (const _ of [1, 2]) await recountFlow(db(), flow)
  expect(await flowRow(db(), flow)).toMatchObject({
    total_executions: 6,
    successful_executions: 2,
    failed_executions: 2,
  })
})

test('a flow keeps its newest so many; due times that may still be caught up with stay', async () => {
  const [busy, other] = [await newFlow(), await newFlow()]
  for (const days of [1, 2, 3, 4, 5, 6, 7]) await run(`busy-${days}`, busy, { days })
  await run('other-1', other, { days: 9 })
  for (const days of [1, 10, 20, 21, 22]) await due(`busy-due-${days}`, busy, days)
  const nowOpen = { status: 'running', schedule_execution_id: 'busy-due-22' } as const
  await updateExecution(db(), 'busy-1', nowOpen, ['success'])
  expect(await prune({ days: 400, runs: 3 })).toMatchObject({ executions: 4, dueTimes: 1 })
  expect(await leftOf(busy)).toEqual(['busy-1', 'busy-2', 'busy-3'])
  expect(await leftOf(other)).toEqual(['other-1'])
  // The first three are kept for their number, the last for the run that is open.
  expect(await dueLeft(busy)).toEqual(['busy-due-1', 'busy-due-10', 'busy-due-20', 'busy-due-22'])
  // The newest ended one stays beside the open one.
  expect(await prune({ days: 400, runs: 1 })).toMatchObject({ executions: 1, dueTimes: 1 })
  expect(await leftOf(busy)).toEqual(['busy-1', 'busy-2'])
  expect(await dueLeft(busy)).toEqual(['busy-due-1', 'busy-due-10', 'busy-due-22'])
  expect(await executionById(db(), 'busy-1')).toMatchObject({ schedule_execution_id: 'busy-due-22' })
})

test('of a rare schedule the newest ended and successful runs and the newest decisions stay, however old', async () => {
  const flow = await newFlow()
  for (const [id, days, status] of [
    ['rare-1', 900, 'success'],
    ['rare-2', 800, 'success'],
    ['rare-3', 700, 'warning'],
    ['rare-4', 600, 'error'],
    ['rare-5', 500, 'cancelled'],
  ] as const) {
    await run(id, flow, { days, status })
    await due(`due-${id}`, flow, days)
  }
  for (const id of ['due-rare-4', 'due-rare-5']) await setDueTime(db(), id, 'skipped')
  for (const _ of [1, 2]) {
    await prune({ days: 30, runs: 1 })
    expect(await leftOf(flow)).toEqual(['rare-2', 'rare-5'])
    expect(await dueLeft(flow)).toEqual(['due-rare-3', 'due-rare-5'])
  }
})

test('backups that made no point go with their steps; points, open ones and unclean ones never', async () => {
  const made = new Map<string, string>()
  const ended = async (name: string, outcome: Parameters<typeof finishBackup>[2] | null): Promise<void> => {
    const id = await startBackup(db(), of, { created_at: ago(100) })
    if (outcome !== null) await finishBackup(db(), id, outcome)
    await stepOf(id, 100)
    made.set(name, id)
  }
  const completed_at = ago(99)
  await ended('failed', { status: 'failed', cleanup: 'done', completed_at })
  await ended('cancelled', { status: 'cancelled', cleanup: 'done', completed_at })
  await ended('ended lately', { status: 'failed', cleanup: 'done', completed_at: ago(1) })
  await ended('unclean', { status: 'failed', cleanup: 'pending', completed_at })
  await ended('point', { status: 'completed', cleanup: 'done', completed_at })
  await ended('open', null)
  await stepOf('backup-long-gone', 100)
  expect(await prune({ days: 30, runs: 1000 })).toMatchObject({ backups: 2, steps: 1 })
  const left: string[] = []
  for (const [name, id] of made) if ((await backupById(db(), id)) !== undefined) left.push(name)
  expect(left).toEqual(['ended lately', 'unclean', 'point', 'open'])
  expect(await stepsOf(db(), made.get('failed') ?? '')).toEqual([])
  expect(await stepsOf(db(), made.get('point') ?? '')).toHaveLength(1)
})

test('flows whose last rows are kept for ever do not hide what stands behind them', async () => {
  for (let count = 0; count < 21; count += 1) {
    const flow = await newFlow()
    await run(`good-${flow}`, flow, { days: 3 })
    await run(`bad-${flow}`, flow, { days: 2, status: 'error' })
  }
  const limits = { days: 365, runs: 1 }
  await prune(limits)
  expect(await prune(limits)).toMatchObject({ executions: 0, more: false })
})
