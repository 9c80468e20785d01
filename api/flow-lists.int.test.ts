import { executionRow, itemRow, setFlow } from '../drizzle/testing/execution-rows.js'
import { flowRow, openFlowLab, unique } from './testing/flow-lab.js'
import type { FlowLab } from './testing/flow-lab.js'

let lab: FlowLab
const ids: string[] = []
const at = (minute: number): string => new Date(Date.UTC(2026, 4, 1, 12, minute)).toISOString()
beforeAll(async () => {
  lab = await openFlowLab(process.env)
  // Seven flows; every third has never run and has no next run.
  for (let n = 0; n < 7; n += 1) {
    const id = await flowRow(lab, {
      name: `flow ${'gfedcba'[n]} 100%_${n}`,
      created_at: at(n),
      enabled: n % 2 === 0,
    })
    const time = n % 3 === 0 ? null : at(30 - n)
    await setFlow(lab.db, id, { last_execution_time: time, next_execution_time: time })
    ids.push(id)
  }
  await setFlow(lab.db, await flowRow(lab), { deleted_at: at(40) })
}, 60_000)
afterAll(() => lab[Symbol.asyncDispose](), 60_000)

type Row = Record<string, unknown> & { id: string }
async function all(path: string, list: string): Promise<Row[]> {
  const rows: Row[] = []
  for (let cursor = ''; ;) {
    const { status, body, text } = await lab.call(
      'GET',
      `${path}${path.includes('?') ? '&' : '?'}limit=2${cursor}`,
    )
    if (status !== 200) throw new Error(text)
    rows.push(...(body[list] as Row[]))
    if (body['next_cursor'] === null) return rows
    cursor = `&cursor=${String(body['next_cursor'])}`
  }
}
const places = async (query: string): Promise<number[]> =>
  (await all(`/protection-flows?${query}`, 'flows')).map(({ id }) => ids.indexOf(id))

test.each([
  { query: '', order: [6, 5, 4, 3, 2, 1, 0] },
  { query: 'order=asc', order: [0, 1, 2, 3, 4, 5, 6] },
  { query: 'sort=name&order=asc', order: [6, 5, 4, 3, 2, 1, 0] },
  { query: 'sort=name&order=desc', order: [0, 1, 2, 3, 4, 5, 6] },
  { query: 'sort=last_execution_time&order=desc', order: [1, 2, 4, 5], nulls: true },
  { query: 'sort=next_execution_time&order=asc', order: [5, 4, 2, 1], nulls: true },
])('flows by $query come page by page, each once', async ({ query, order, nulls }) => {
  const found = await places(query)
  expect(found.slice(0, order.length)).toEqual(order)
  expect([...found].sort()).toEqual([0, 1, 2, 3, 4, 5, 6])
  if (nulls === true) expect(new Set(found.slice(4))).toEqual(new Set([0, 3, 6]))
})

test('flows are found by what they are, and by part of their name alone', async () => {
  expect(await places('enabled=false&order=asc')).toEqual([1, 3, 5])
  expect(await places('search=FLOW%20C')).toEqual([4])
  expect(await places(`search=${encodeURIComponent('100%_3')}`)).toEqual([3])
  expect(await places('search=%25')).toHaveLength(7)
  expect(await places(`search=${encodeURIComponent("' or 1=1 --")}`)).toEqual([])
  expect(await places(`target_id=${lab.vm.context.id}&repository_id=${lab.vm.repositoryId}`)).toHaveLength(7)
  expect(await places('flow_type=replication')).toEqual([])
  expect((await lab.call('GET', '/protection-flows?limit=1')).body).toMatchObject({
    total: 7,
    total_is_capped: false,
  })
})

test("another list's cursor is refused", async () => {
  const { body } = await lab.call('GET', '/protection-flows?limit=1&sort=name')
  const cursor = String(body['next_cursor'])
  expect((await lab.call('GET', `/protection-flows?cursor=${cursor}`)).status).toBe(400)
  expect((await lab.call('GET', `/executions?cursor=${cursor}`)).status).toBe(400)
  expect((await lab.call('GET', '/protection-flows?sort=secret')).status).toBe(400)
})

test('executions are listed newest first, and their items by the plan', async () => {
  const [one, two] = [ids[0] ?? '', ids[1] ?? '']
  const runs: string[] = []
  for (let n = 0; n < 5; n += 1)
    runs.push(
      await executionRow(lab.db, n % 2 === 0 ? one : two, {
        ...{ id: `exec-${unique()}`, created_at: at(n), status: n === 4 ? 'error' : 'success' },
        execution_type: n === 0 ? 'scheduled' : 'api',
      }),
    )
  const listed = async (query: string) =>
    (await all(`/executions?${query}`, 'executions')).map(({ id }) => runs.indexOf(id))
  expect(await listed('')).toEqual([4, 3, 2, 1, 0])
  expect(await listed(`flow_id=${one}`)).toEqual([4, 2, 0])
  expect(await listed('status=error')).toEqual([4])
  expect(await listed('execution_type=scheduled')).toEqual([0])
  expect(
    (await all(`/protection-flows/${two}/executions`, 'executions')).map(({ id }) => runs.indexOf(id)),
  ).toEqual([3, 1])
  for (let position = 0; position < 5; position += 1)
    await itemRow(lab.db, runs[4] ?? '', { position, status: position < 2 ? 'failed' : 'completed' })
  const items = await lab.call('GET', `/executions/${runs[4]}/items?limit=2&after=1`)
  expect(items.body).toMatchObject({ total: 5, next_after: 3, items: [{ position: 2 }, { position: 3 }] })
  const failed = await lab.call('GET', `/executions/${runs[4]}/items?status=failed`)
  expect(failed.body).toMatchObject({ total: 2, next_after: null })
  expect((await lab.call('GET', `/executions/${runs[4]}`)).body).toMatchObject({
    flow_name: expect.stringMatching(/^flow g/),
    items: [{ position: 0 }, {}, {}, {}, { position: 4 }],
    available_actions: ['retry'],
  })
})
