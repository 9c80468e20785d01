import { randomBytes } from 'node:crypto'
import { usualRetention } from '../domain/rules/keeps.js'
import { GroupRules } from '../domain/vm-group.js'
import { finishBackup, updateBackup } from '../drizzle/queries/backup-changes.js'
import { insertPendingExecution } from '../drizzle/queries/executions.js'
import { recordStepEnd } from '../drizzle/queries/job-steps.js'
import { openTestDatabase } from '../drizzle/testing/database.js'
import type { TestDatabase } from '../drizzle/testing/database.js'
import { everyRow } from '../drizzle/testing/every-row.js'
import { addFlow, addGroup, addPolicy, addSchedule, deleteFlow } from '../drizzle/testing/flow-rows.js'
import { aDisk, aVm, planDisks, registerVm, startBackup } from '../drizzle/testing/samples.js'
import type { RegisteredVm } from '../drizzle/testing/samples.js'
import type { StreamedEvent } from './events/replay-buffer.js'
import { aUser, openTestApi } from './testing/test-api.js'
import type { Answer, TestApi } from './testing/test-api.js'

jest.setTimeout(60_000)

let database: TestDatabase
let api: TestApi
let token = ''
let viewer = ''
beforeAll(async () => {
  database = await openTestDatabase()
  const usual = usualRetention(2, 0)
  // Nothing here asks Temporal: a flow, a run and a worker are rows.
  api = await openTestApi({
    database: database.database,
    temporalAddress: '127.0.0.1:1',
    usualRetention: usual,
  })
  token = (await aUser(api.context, 'operator')).token
  viewer = (await aUser(api.context, 'viewer')).token
}, 120_000)
afterAll(async () => {
  await api[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
}, 60_000)

const call = (method: string, path: string, body?: unknown): Promise<Answer> =>
  api.call(method, path, { token, body })
const db = () => database.database.db
const dayMs = 86_400_000
const ago = (days: number): string => new Date(Date.now() - days * dayMs).toISOString()
const newVm = (name = `vm-${randomBytes(3).toString('hex')}`, change = {}): Promise<RegisteredVm> =>
  registerVm(
    db(),
    aVm({
      id: randomBytes(8).toString('hex'),
      name,
      disks: [aDisk(2000, { backing_uuid: randomBytes(8).toString('hex') })],
      ...change,
    }),
  )
/** A completed point, so many days old. */
const point = async (of: RegisteredVm, days: number, flowId: string | null = null): Promise<string> => {
  const id = await startBackup(db(), of, { created_at: ago(days) })
  await planDisks(db(), id, of.disks)
  await updateBackup(db(), id, { snapshot_taken_at: ago(days), flow_id: flowId, bytes_stored: 10 }, [
    'pending',
  ])
  await finishBackup(db(), id, { status: 'completed', cleanup: 'done', completed_at: ago(days) })
  return id
}

describe('policies', () => {
  const gold = { name: 'Gold', keep_points: 14, keep_weekly: 8 }

  test('are made, read, changed and deleted; what waits is said', async () => {
    const { repositoryId } = await newVm()
    const made = await call('POST', '/policies', {
      ...gold,
      three_two_one: { copies: 3, media: 2, offsite: 1 },
      copy_rules: [{ repository_id: repositoryId, mode: 'immediate' }],
    })
    expect(made).toMatchObject({
      status: 201,
      body: {
        in_words: 'the last 14 points, and the newest of each of 8 weeks',
        flows: 0,
        not_active_yet: [expect.stringContaining('3-2-1'), expect.stringContaining('no point is copied')],
        copy_rules: [{ repository_id: repositoryId, mode: 'immediate', priority: 50, verify: true }],
      },
    })
    const { id } = made.body
    const path = `/policies/${String(id)}`
    expect(await call('PUT', path, { keep_points: 7, copy_rules: [] })).toMatchObject({
      status: 200,
      body: { name: 'Gold', keep_points: 7, keep_weekly: 8, not_active_yet: [expect.any(String)] },
    })
    expect((await api.call('GET', path, { token: viewer })).body).toMatchObject({ id, keep_points: 7 })
    const list = await call('GET', '/policies')
    expect(list.body).toMatchObject({ total: 1, next_cursor: null, policies: [{ id }] })
    const told: unknown[] = []
    const listen = { sessionToken: null, userId: 'test', close: () => undefined }
    const send = ({ topic, data }: StreamedEvent): void => void told.push({ topic, data })
    const quiet = api.context.hub.subscribe({ ...listen, topics: new Set(['policies', 'flows']), send })
    await call('PUT', path, { name: 'Golden' })
    quiet()
    // Flows show its name.
    expect(told).toContainEqual({ topic: 'policies', data: { id: String(id) } })
    expect(told).toContainEqual({ topic: 'flows', data: { id: null } })
    expect((await call('DELETE', path)).status).toBe(204)
    expect((await call('GET', path)).status).toBe(404)
  })

  test('are refused with a useful sentence, and nothing changes', async () => {
    const of = await newVm()
    const policyId = await addPolicy(db(), { name: 'in use' })
    await addPolicy(db(), { name: 'other' })
    const flow = { target_id: of.context.id, repository_id: of.repositoryId, policy_id: policyId }
    const used = await addFlow(db(), { ...flow, name: 'nightly' })
    await addFlow(db(), { ...flow, name: 'off', enabled: false })
    await deleteFlow(db(), await addFlow(db(), { ...flow, name: 'gone' }))
    const world = async () => (await everyRow(db())).filter(({ table }) => table !== 'audit_events')
    const before = await world()
    const copy = [{ repository_id: 999, mode: 'manual' }]
    const refusals: [string, string, unknown, number, RegExp][] = [
      ['POST', '/policies', { name: 'in use' }, 409, /a policy with the name in use/],
      ['PUT', `/policies/${policyId}`, { name: 'other' }, 409, /a policy with the name other/],
      ['POST', '/policies', { name: 'x', copy_rules: copy }, 422, /copy_rules\.0.*repository 999/],
      ['PUT', `/policies/${policyId}`, { copy_rules: copy }, 422, /repository 999/],
      ['POST', '/policies', { name: 'x', keep_for_ever: true }, 400, /keep_for_ever/],
      ['POST', '/policies', { name: 'x', keep_points: -1 }, 400, /keep_points/],
      ['POST', '/policies', { name: 'x'.repeat(10_000) }, 400, /name/],
      ['PUT', '/policies/999', { name: 'y' }, 404, /no policy with the id 999/],
      ['DELETE', '/policies/999', undefined, 404, /no policy/],
      ['DELETE', `/policies/${policyId}`, undefined, 409, /^Policy in use is used by nightly, off$/],
    ]
    for (const [method, path, body, status, detail] of refusals) {
      const answer = await call(method, path, body)
      expect(answer).toMatchObject({ status, body: { detail: expect.stringMatching(detail) as string } })
    }
    expect(await api.call('POST', '/policies', { token: viewer, body: gold })).toMatchObject({ status: 403 })
    expect(await world()).toEqual(before)
    expect((await call('GET', `/policies/${policyId}`)).body).toMatchObject({ flows: 2 })
    await deleteFlow(db(), used)
  })

  test('a preview judges as the next sweep will, by the words of all flows', async () => {
    const of = await newVm('previewed')
    const other = await newVm('not of this policy')
    const policyId = await addPolicy(db(), { name: 'lean', keep_points: 1 })
    const flow = { target_id: of.context.id, repository_id: of.repositoryId }
    await addFlow(db(), { ...flow, policy_id: policyId })
    const [old, middle, newest] = [await point(of, 30), await point(of, 20), await point(of, 1)]
    await point({ ...other, repositoryId: of.repositoryId }, 40)
    const preview = async () => (await call('GET', `/policies/${policyId}/preview`)).body
    const chain = { vm_name: 'previewed', repository_id: of.repositoryId, bytes_stored: 10 }
    expect(await preview()).toEqual({
      total: 3,
      bytes_freed: 20,
      chains: [
        expect.objectContaining({ ...chain, backup_ids: [old], goes: true }),
        expect.objectContaining({ ...chain, backup_ids: [middle], goes: true }),
        expect.objectContaining({ backup_ids: [newest], goes: false, reason: 'it is the newest chain' }),
      ],
    })
    // A flow without a policy keeps by the default: two points.
    await addFlow(db(), flow)
    const again = await preview()
    expect(again).toMatchObject({ bytes_freed: 10, chains: [{ backup_ids: [old], goes: true }, {}, {}] })
    expect(again['chains']).toContainEqual(
      expect.objectContaining({
        backup_ids: [middle],
        goes: false,
        reason: 'the default keeps 1 of its 1 point(s) (the last 2 points)',
      }),
    )
  })
})

describe('coverage', () => {
  const coverage = async () => (await call('GET', '/coverage')).body as Record<string, { vm_name: string }[]>
  const namesIn = (list: readonly { vm_name: string }[] | undefined, prefix: string): string[] =>
    (list ?? []).map((one) => one.vm_name).filter((name) => name.startsWith(prefix))

  test('says who is unprotected, stale, and in several flows', async () => {
    const hourly = await addSchedule(db(), { cron_expression: '0 * * * *' })
    const [late, fresh, twice, lonely] = [
      await newVm('cov-late', { path: '/DC/vm/Cov/cov-late' }),
      await newVm('cov-fresh', { path: '/DC/vm/Cov/cov-fresh' }),
      await newVm('cov-twice'),
      await newVm('cov-lonely'),
    ]
    const { repositoryId } = late
    const rules = GroupRules.parse({ folders: ['/DC/vm/Cov'] })
    const group = await addGroup(db(), [], rules)
    const name = `cov ${group}`
    await addFlow(db(), {
      ...{ name, target_type: 'group', target_id: group, repository_id: repositoryId },
      ...{ schedule_id: hourly, created_at: ago(9), rung_until: ago(8) },
    })
    const alone = { target_id: twice.context.id, repository_id: repositoryId }
    for (const _ of [1, 2]) await addFlow(db(), { ...alone, schedule_id: hourly })
    await addFlow(db(), {
      target_id: lonely.context.id,
      repository_id: repositoryId,
      enabled: false,
      name: 'cov off',
    })
    const stalePoint = await point({ ...late, repositoryId }, 2)
    // A damaged point keeps no promise, nor does one in another repository.
    const damaged = await point({ ...late, repositoryId }, 0)
    await updateBackup(db(), damaged, { verify_result: 'damaged' }, ['completed'])
    await point(late, 0.5)
    const differing = await point({ ...late, repositoryId }, 0)
    await updateBackup(db(), differing, { audit_result: 'differs' }, ['completed'])
    await point({ ...fresh, repositoryId }, 0.01)

    const found = await coverage()
    expect(stalePoint).toBeDefined()
    expect(namesIn(found['stale'], 'cov-')).toEqual(['cov-late'])
    const [stale] = (found['stale'] ?? []).filter(({ vm_name }) => vm_name === 'cov-late')
    const promised = Date.parse((stale as unknown as { promised_at: string }).promised_at)
    expect(Date.now() - promised).toBeGreaterThanOrEqual(2 * 3_600_000)
    expect(Date.now() - promised).toBeLessThan(3 * 3_600_000 + 60_000)
    expect(stale).toMatchObject({ flow: { name } })
    expect(namesIn(found['unprotected'], 'cov-')).toEqual(['cov-lonely'])
    expect(found['unprotected']).toContainEqual(
      expect.objectContaining({
        vm_name: 'cov-lonely',
        disabled_flows: [{ id: expect.any(String) as string, name: 'cov off' }],
        last_good_at: null,
      }),
    )
    expect(namesIn(found['in_several_flows'], 'cov-')).toEqual(['cov-twice'])
  })

  test("due times outside a flow's window promise nothing", async () => {
    const hourly = await addSchedule(db(), { cron_expression: '0 * * * *' })
    const [kept, broken] = [await newVm('win-kept'), await newVm('win-broken')]
    const clock = (hoursAgo: number): string => `${ago(hoursAgo / 24).slice(11, 13)}:00`
    for (const { context, repositoryId } of [kept, broken])
      await addFlow(db(), {
        ...{ target_id: context.id, repository_id: repositoryId, schedule_id: hourly },
        ...{ created_at: ago(9), rung_until: ago(8), window_start: clock(6), window_end: clock(5) },
      })
    await point(kept, 5.5 / 24)
    await point(broken, 7.5 / 24)
    expect(namesIn((await coverage())['stale'], 'win-')).toEqual(['win-broken'])
  })
})

describe('the job log', () => {
  const step = (job_id: string, minute: number, change = {}) =>
    recordStepEnd(db(), {
      ...{ job_id, step_id: `backup-vm/${minute}`, attempt: 1, name: 'copyDisk', summary: `step ${minute}` },
      ...{ status: 'completed', detail: null, error_code: null },
      started_at: new Date(Date.UTC(2026, 1, 1, 0, minute)).toISOString(),
      ended_at: null,
      ...change,
    })

  test('pages every step newest first, with whose it is', async () => {
    const of = await newVm('logged')
    const backup = await startBackup(db(), of)
    const flow = await addFlow(db(), {
      ...{ target_id: of.context.id, repository_id: of.repositoryId, name: 'logged flow' },
    })
    const execution = `exec-${randomBytes(4).toString('hex')}`
    await insertPendingExecution(db(), {
      ...{ id: execution, flow_id: flow, execution_type: 'manual', backup_type: 'auto' },
      ...{ workflow_id: `flow:${flow}`, triggered_by: 'operator', created_at: new Date().toISOString() },
    })
    for (const minute of [1, 2, 3]) await step(backup, minute)
    await step(execution, 3, { step_id: 'run-flow/1', status: 'failed', detail: 'vCenter is 100% away' })
    await step('backup-gone', 4, { attempt: 2 })
    await step('backup-gone', 4)

    const seen: string[] = []
    let cursor = ''
    for (let pages = 0; pages < 10; pages += 1) {
      const { status, body } = await call('GET', `/job-log?limit=2${cursor}`)
      expect(status).toBe(200)
      for (const one of body['steps'] as Record<string, unknown>[])
        seen.push(
          `${String(one['job_kind'])} ${String(one['job_name'])} ${String(one['summary'])} ${String(one['attempt'])}`,
        )
      if (body['next_cursor'] === null) break
      cursor = `&cursor=${String(body['next_cursor'])}`
    }
    expect(seen).toEqual([
      'backup null step 4 2',
      'backup null step 4 1',
      'execution logged flow step 3 1',
      'backup logged step 3 1',
      'backup logged step 2 1',
      'backup logged step 1 1',
    ])
    const counted = async (query: string): Promise<number> =>
      ((await call('GET', `/job-log?${query}`)).body['steps'] as unknown[]).length
    expect(await counted(`job_id=${backup}`)).toBe(3)
    expect(await counted('status=failed')).toBe(1)
    expect(await counted('since=2026-02-01T00:03:00Z')).toBe(4)
    expect(await counted(`search=100%25 AWAY&job_id=${execution}`)).toBe(1)
    expect(await counted('search=100_&since=2026-01-01T00:00:00Z')).toBe(0)
    for (const query of ['search=step', 'cursor=bm9uZQ', 'status=done'])
      expect((await call('GET', `/job-log?${query}`)).status).toBe(400)
  })
})
