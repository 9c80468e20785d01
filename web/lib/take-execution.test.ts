import { QueryClient } from '@tanstack/react-query'
import type { BackupJob } from '../../api/contract/backups.js'
import type { ExecutionResponse } from '../../api/contract/executions.js'
import { getExecution, listExecutionItems, listExecutions } from '../../api/contract/executions.js'
import { getFlow } from '../../api/contract/protection-flows.js'
import { keyOf, pagesKeyOf } from './query.js'
import { takeBackup } from './take-backup.js'
import { takeEnd, takeExecution } from './take-execution.js'

const run: ExecutionResponse = {
  id: 'exec-1',
  flow_id: 'flow-1',
  flow_name: 'Daily',
  status: 'running',
  execution_type: 'manual',
  backup_type: 'auto',
  retry_of: null,
  jobs_created: 1,
  jobs_completed: 0,
  jobs_failed: 0,
  jobs_skipped: 0,
  jobs_cancelled: 0,
  vms_total: 2,
  vms_processed: 0,
  bytes_transferred: 0,
  warnings: [],
  error_message: null,
  pause_reason: null,
  execution_metadata: null,
  created_job_ids: [],
  schedule_execution_id: null,
  nominal_time: null,
  workflow_id: 'flow:flow-1',
  run_id: null,
  started_at: '2026-11-21T10:00:00.000Z',
  completed_at: null,
  execution_time_seconds: null,
  triggered_by: 'admin',
  created_at: '2026-11-21T10:00:00.000Z',
}
const job = { id: 'backup-1', status: 'running', execution_id: 'exec-1', verified_at: null, audited_at: null }
const listKey = pagesKeyOf(listExecutions, { limit: 25 })
const detailsKey = keyOf(getExecution, { params: { id: run.id } })
const flowKey = keyOf(getFlow, { params: { id: run.flow_id } })
const itemsKey = [listExecutionItems.name, 'pages', { id: run.id, status: undefined }]
const otherItemsKey = [listExecutionItems.name, 'pages', { id: 'exec-2', status: undefined }]

const filledClient = (): QueryClient => {
  const client = new QueryClient()
  client.setQueryData(listKey, {
    pages: [{ executions: [run], total: 1, next_cursor: null }],
    pageParams: [null],
  })
  client.setQueryData(detailsKey, { ...run, items: [], jobs: [job], steps: [] })
  client.setQueryData(flowKey, { id: 'flow-1', current_execution: run, status: { total_executions: 4 } })
  for (const key of [itemsKey, otherItemsKey]) client.setQueryData(key, { pages: [], pageParams: [] })
  return client
}
const stale = (client: QueryClient) =>
  [detailsKey, flowKey, itemsKey, otherItemsKey].map((key) => client.getQueryState(key)?.isInvalidated)

test('bytes move the list, the run and its flow without asking again', () => {
  const client = filledClient()
  takeExecution(client, { ...run, bytes_transferred: 500 })
  expect(client.getQueryData(listKey)).toMatchObject({
    pages: [{ executions: [{ bytes_transferred: 500 }] }],
  })
  expect(client.getQueryData(detailsKey)).toMatchObject({ bytes_transferred: 500, jobs: [job] })
  expect(client.getQueryData(flowKey)).toMatchObject({ current_execution: { bytes_transferred: 500 } })
  expect(stale(client)).toEqual([false, false, false, false])
})

test.each([
  { what: 'a new status', change: { status: 'paused' as const } },
  { what: 'a VM that ended', change: { vms_processed: 1, jobs_completed: 1 } },
  { what: 'a backup that began', change: { jobs_created: 2 } },
  { what: 'a reason to pause', change: { pause_reason: 'window' } },
])('$what is shown at once and asks again for this run, its VMs and its flow', ({ change }) => {
  const client = filledClient()
  takeExecution(client, { ...run, ...change })
  expect(client.getQueryData(detailsKey)).toMatchObject(change)
  expect(stale(client)).toEqual([true, true, true, false])
})

test.each([
  { how: 'by its event', take: takeExecution },
  { how: 'because it was asked for', take: takeEnd },
])('a run that is over $how leaves its flow with nothing under way', ({ take }) => {
  const client = filledClient()
  take(client, { ...run, status: 'warning' })
  expect(client.getQueryData(flowKey)).toMatchObject({
    current_execution: null,
    status: { total_executions: 4, last_execution_id: 'exec-1', last_execution_status: 'warning' },
  })
  expect(client.getQueryState(flowKey)?.isInvalidated).toBe(true)
  // The end of another run says nothing of this one.
  const other = filledClient()
  take(other, { ...run, id: 'exec-2', status: 'warning' })
  expect(other.getQueryData(flowKey)).toMatchObject({ current_execution: { id: 'exec-1' } })
})

test('a run that nobody shows yet makes its flow ask again, and leaves the other run there alone', () => {
  const client = filledClient()
  takeExecution(client, { ...run, id: 'exec-2' })
  expect(client.getQueryData(flowKey)).toMatchObject({ current_execution: { id: 'exec-1' } })
  expect(stale(client)).toEqual([false, true, false, true])
})

test("a backup's bytes move in its run; a new status asks for the run again", () => {
  const client = filledClient()
  takeBackup(client, { ...job, bytes_transferred: 70 } as unknown as BackupJob)
  expect(client.getQueryData(detailsKey)).toMatchObject({ jobs: [{ bytes_transferred: 70 }] })
  expect(client.getQueryState(detailsKey)?.isInvalidated).toBe(false)
  takeBackup(client, { ...job, status: 'completed' } as unknown as BackupJob)
  expect(client.getQueryData(detailsKey)).toMatchObject({ jobs: [{ status: 'completed' }] })
  expect(client.getQueryState(detailsKey)?.isInvalidated).toBe(true)
})
