import { sql } from 'drizzle-orm'
import { GroupRules } from '../../domain/vm-group.js'
import type { VmContext } from '../../domain/vm-context.js'
import type { Db } from '../open.js'
import { vmReplicationContexts } from '../schema/vm-replication-contexts.js'
import { openTestDatabase } from '../testing/database.js'
import type { TestDatabase } from '../testing/database.js'
import { makeGroup } from '../testing/sample-flows.js'
import { aVm, registerVm } from '../testing/samples.js'
import type { RegisteredVm } from '../testing/samples.js'
import { matchingVms, resolveTarget } from './targets.js'
import { putMembers } from './vm-groups.js'

jest.setTimeout(60_000)

let opened: TestDatabase
let db: Db
let of: RegisteredVm
beforeAll(async () => {
  // One connection: the server then counts the statements of this test alone.
  opened = await openTestDatabase({ connectionLimit: 1 })
  db = opened.database.db
  of = await registerVm(db, aVm({ name: 'alone', path: '/DC/vm/alone' }))
})
afterAll(() => opened[Symbol.asyncDispose]())

const now = '2026-05-01T12:00:00.000Z'
const many = (count: number): VmContext[] =>
  Array.from({ length: count }, (_, index) => ({
    ...of.context,
    id: `ctx-many-${index}`,
    instance_uuid: `uuid-many-${index}`,
    vm_name: `many-${index}`,
    vm_path: `/DC/vm/Many/many-${index}`,
    power_state: index % 2 === 0 ? 'poweredOn' : 'poweredOff',
  }))
const addGroup = (id: string, rules: GroupRules | null) => makeGroup(db, { id, rules })
const addMember = (group_id: string, vm_context_id: string, priority: number, enabled = true) =>
  putMembers(db, [{ group_id, vm_context_id, priority, enabled, added_at: now }])
const selects = async (): Promise<number> => {
  const [rows] = (await db.execute(sql`show session status like 'Com_select'`)) as unknown as [
    { Value: string }[],
  ]
  return Number(rows[0]?.Value)
}

test('a VM is itself; what is gone is undefined', async () => {
  expect(await resolveTarget(db, { target_type: 'vm', target_id: of.context.id })).toEqual({
    group: null,
    vms: [{ context: of.context, priority: 50, because: 'the VM itself' }],
    leftOut: [],
  })
  for (const target_type of ['vm', 'group'] as const)
    expect(await resolveTarget(db, { target_type, target_id: 'grp-none' })).toBeUndefined()
})

test('a group of members by hand takes those, and none of another group', async () => {
  await addGroup('grp-hand', null)
  await addGroup('grp-other', null)
  await addMember('grp-hand', of.context.id, 70)
  const found = await resolveTarget(db, { target_type: 'group', target_id: 'grp-hand' })
  expect(found).toMatchObject({
    group: { id: 'grp-hand', max_concurrent_vms: 5 },
    vms: [{ context: of.context, priority: 70, because: 'member' }],
  })
  expect(await resolveTarget(db, { target_type: 'group', target_id: 'grp-other' })).toMatchObject({ vms: [] })
})

test('5,000 VMs are resolved by a handful of statements, members beside the rules', async () => {
  const rows = many(5000)
  for (let from = 0; from < rows.length; from += 1000)
    await db.insert(vmReplicationContexts).values(rows.slice(from, from + 1000))
  const rules = GroupRules.parse({ folders: ['/DC/vm/Many'], power_states: ['poweredOn'] })
  await addGroup('grp-many', rules)
  await addMember('grp-many', 'ctx-many-1', 99)
  await addMember('grp-many', 'ctx-many-0', 99, false)
  await addMember('grp-many', of.context.id, 10)
  const before = await selects()
  const found = await resolveTarget(db, { target_type: 'group', target_id: 'grp-many' })
  expect((await selects()) - before).toBeLessThanOrEqual(4)
  expect(found?.vms).toHaveLength(2501)
  expect(found?.vms[0]).toMatchObject({ context: { id: 'ctx-many-1' }, priority: 99, because: 'member' })
  expect(found?.vms.at(-1)).toMatchObject({ context: { id: of.context.id }, priority: 10 })
  expect(found?.leftOut).toMatchObject([{ context: { id: 'ctx-many-0' } }])
})

test('rules of another platform match nothing; without a group there are no members', async () => {
  const rules = GroupRules.parse({ name_patterns: ['*'], platform_id: 'plat-none' })
  expect(await matchingVms(db, rules, null)).toEqual({ vms: [], leftOut: [] })
  expect(await matchingVms(db, null, null)).toEqual({ vms: [], leftOut: [] })
  const named = GroupRules.parse({ name_patterns: ['ALONE'] })
  expect((await matchingVms(db, named, null)).vms).toMatchObject([{ context: { id: of.context.id } }])
})
