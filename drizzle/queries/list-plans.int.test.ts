import { openTestDatabase } from '../testing/database.js'
import { explained, fillLists } from '../testing/list-rows.js'
import { executionsInto } from './full-resources.js'
import { listExecutions } from './execution-lists.js'
import { listFlows } from './flow-lists.js'

jest.setTimeout(60_000)

test('a page of flows or executions is read along an index: nothing is sorted, whatever stands behind it', async () => {
  await using opened = await openTestDatabase()
  await fillLists(opened.url, { flows: 2000, executions: 20_000 })
  const orders = ['created_at', 'name', 'last_execution_time', 'next_execution_time'] as const
  const filters = [{}, { flow_id: 'flow-7' }, { status: 'error' }, { execution_type: 'api' }] as const
  const plans = await explained(opened.url, async (db) => {
    for (const sort of orders) await listFlows(db, {}, { sort, order: 'desc' }, { limit: 50 })
    for (const filter of filters) await listExecutions(db, filter, { limit: 50 })
    await executionsInto(db, 1)
  })
  const sorted = plans.filter(({ plan }) => plan.some((line) => /filesort|temporary/.test(line)))
  expect(sorted).toEqual([])
  // What runs is found by its status, not by way of all flows.
  expect(plans.at(-1)?.plan[0]).toMatch(/^protection_flow_executions \| ref \| executions_status_ix/)
})
