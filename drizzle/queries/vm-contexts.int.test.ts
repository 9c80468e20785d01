import { openTestDatabase } from '../testing/database.js'
import type { TestDatabase } from '../testing/database.js'
import { GiB, aDisk, aVm, registerPlatform } from '../testing/samples.js'
import { discoveryResult, pruneDiscoveries, saveDiscovery } from './discovered-vms.js'
import { platformByHost } from './platforms.js'
import { upsertContext } from './vm-context-upsert.js'
import { contextByInstance, contextsByName, listContexts } from './vm-contexts.js'

// Making the tables syncs each one to disk: seconds on a loaded machine.
jest.setTimeout(60_000)

let opened: TestDatabase
beforeAll(async () => {
  opened = await openTestDatabase({ connectionLimit: 20 })
})
afterAll(() => opened[Symbol.asyncDispose]())

const first = '2026-05-01T12:00:00.000Z'
const later = '2026-05-02T12:00:00.000Z'

test('a new VM gets readable ids and no drift', async () => {
  const { db } = opened.database
  const platform = await registerPlatform(db)
  const vm = aVm({ name: 'Prod DB (alt) ☃' })
  const { context, disks, drift } = await upsertContext(db, platform, vm, first)
  expect(context.id).toMatch(/^ctx-prod-db-alt-[0-9a-f]{8}$/)
  expect(disks.map((disk) => [disk.disk_index, disk.backing_uuid, disk.present])).toEqual([
    [0, 'uuid-2000', true],
    [1, 'uuid-2001', true],
  ])
  expect(disks[0]?.id).toMatch(/^disk-prod-db-alt-2000-[0-9a-f]{8}$/)
  expect(drift).toEqual([])
  expect(await contextByInstance(db, platform.id, vm.id)).toEqual(context)
})

test('twenty registrations at once make one context with two disks', async () => {
  const { db } = opened.database
  const platform = await registerPlatform(db)
  const vm = aVm({ name: 'crowded' })
  const made = await Promise.all(Array.from({ length: 20 }, () => upsertContext(db, platform, vm, first)))
  expect(new Set(made.map(({ context }) => context.id)).size).toBe(1)
  expect(new Set(made.flatMap(({ disks }) => disks.map((disk) => disk.id))).size).toBe(2)
})

test('names what has changed, and keeps ids and indexes of disks', async () => {
  const { db } = opened.database
  const platform = await registerPlatform(db)
  const vm = aVm()
  const before = await upsertContext(db, platform, vm, first)
  // Device key 2001 is reused by another disk: only the backing uuid counts.
  const disks = [
    aDisk(2001, { backing_uuid: 'uuid-new', label: 'Hard disk 2' }),
    aDisk(2000, { capacity_bytes: 6 * GiB, datastore: 'store2' }),
  ]
  const after = await upsertContext(db, platform, { ...vm, name: 'renamed', memory_mb: 8192, disks }, later)
  expect(after.context).toMatchObject({ id: before.context.id, created_at: first, last_discovered_at: later })
  expect(after.drift).toEqual([
    'renamed from pgtest2 to renamed',
    'memory changed from 4096 MB to 8192 MB',
    'disk 0 (Hard disk 1) grew from 4 GiB to 6 GiB',
    'disk 0 (Hard disk 1) moved from datastore store1 to store2',
    'disk 1 (Hard disk 2) was removed; its points stay',
    'disk 2 (Hard disk 2) was added, 4 GiB',
  ])
  expect(after.disks.map((disk) => [disk.disk_index, disk.backing_uuid, disk.present])).toEqual([
    [0, 'uuid-2000', true],
    [1, 'uuid-2001', false],
    [2, 'uuid-new', true],
  ])
  expect(after.disks.slice(0, 2).map((disk) => disk.id)).toEqual(before.disks.map((disk) => disk.id))
  const back = await upsertContext(db, platform, { ...vm, name: 'renamed', memory_mb: 8192 }, later)
  expect(back.drift).toContain('disk 1 (Hard disk 2) came back')
  const same = await upsertContext(db, platform, { ...vm, name: 'renamed', memory_mb: 8192 }, later)
  expect(same.drift).toEqual([])
})

test('the same instance UUID on two platforms is two VMs', async () => {
  const { db } = opened.database
  const vm = aVm({ name: 'moved' })
  const one = await upsertContext(db, await registerPlatform(db), vm, first)
  const other = await upsertContext(db, await registerPlatform(db), vm, first)
  expect(one.context.id).not.toBe(other.context.id)
})

test('names are found exactly: case, accents and blanks count, and names may repeat', async () => {
  const { db } = opened.database
  const platform = await registerPlatform(db)
  for (const name of ['müller', 'Müller', 'muller', 'müller ', 'müller']) {
    await upsertContext(db, platform, aVm({ name }), first)
  }
  expect((await contextsByName(db, 'müller')).map((row) => row.vm_name)).toEqual(['müller', 'müller'])
  expect(await contextsByName(db, 'muller ')).toEqual([])
})

test('a search takes % and _ as they are and does not mind the case', async () => {
  const { db } = opened.database
  const platform = await registerPlatform(db)
  for (const name of ['Load_100%', 'loadX100x'])
    await upsertContext(db, platform, aVm({ name, path: '/' }), first)
  const find = async (search: string) =>
    (await listContexts(db, { platform_id: platform.id, search }, { limit: 10 })).rows.map(
      (row) => row.vm_name,
    )
  expect(await find('LOAD_100%')).toEqual(['Load_100%'])
  expect((await find('load')).toSorted()).toEqual(['Load_100%', 'loadX100x'])
})

test('a discovery written twice stands once, in order, and can be pruned', async () => {
  const { db } = opened.database
  const platform = await registerPlatform(db, { host: 'found.example' })
  const vms = Array.from({ length: 450 }, (_, n) => aVm({ name: `vm-${n}` }))
  await saveDiscovery(db, 'discover-1', platform.id, vms)
  await saveDiscovery(db, 'discover-1', platform.id, vms.toReversed())
  expect(await discoveryResult(db, 'discover-1')).toEqual(vms.toReversed())
  expect(await pruneDiscoveries(db, '2000-01-01T00:00:00.000Z')).toBe(0)
  expect(await pruneDiscoveries(db, '2999-01-01T00:00:00.000Z')).toBe(450)
  expect(await platformByHost(db, 'found.example', platform.username)).toEqual(platform)
  expect(await platformByHost(db, 'FOUND.example', platform.username)).toBeUndefined()
})
