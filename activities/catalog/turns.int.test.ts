import { randomBytes } from 'node:crypto'
import { Client, Connection } from '@temporalio/client'
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client'
import type { DiscoveredVm } from '../../domain/vm.js'
import { leaseOf, listLeases } from '../../drizzle/queries/leases.js'
import { listWaiters } from '../../drizzle/queries/lease-waiters.js'
import { saveDiscovery } from '../../drizzle/queries/discovered-vms.js'
import { listSlots } from '../../drizzle/queries/slots.js'
import { openTestDatabase } from '../../drizzle/testing/database.js'
import type { TestDatabase } from '../../drizzle/testing/database.js'
import { aDisk, aVm, registerVm, startBackup } from '../../drizzle/testing/samples.js'
import { releaseLease, takeLease } from './leases.js'
import { askOpenOwners } from './owner-is-open.js'
import { releaseClosedLeases } from './release-closed.js'
import { releaseSlots, takeSlots } from './slots.js'
import { wantedSlots } from './wanted-slots.js'

jest.setTimeout(120_000)

const address = process.env['TEMPORAL_ADDRESS']
if (!address) throw new Error('This test needs Temporal: set TEMPORAL_ADDRESS; `npm test` starts one itself')

let opened: TestDatabase
let connection: Connection
let client: Client
let clock = 0
const started: WorkflowHandleWithFirstExecutionRunId[] = []
const db = () => opened.database.db
beforeAll(async () => {
  opened = await openTestDatabase()
  connection = await Connection.connect({ address })
  client = new Client({ connection })
})
afterEach(async () => {
  for (const handle of started.splice(0)) await handle.terminate().catch(() => undefined)
  await releaseClosedLeases({ db: db(), client })({})
})
afterAll(async () => {
  await connection?.close()
  await opened?.[Symbol.asyncDispose]()
})

const limits = { vcenter: 8, host: 4, datastore: 4, repository: 1 }
const deps = () => ({ db: db(), isOpen: askOpenOwners(client, () => new Date(clock)), limits })
/** What was believed of an owner is asked again. */
const later = () => (clock += 60_000)

/** An open run; nobody serves its queue, so it stays as it is. */
const openRun = async () => {
  const handle = await client.workflow.start('backup-vm', {
    workflowId: `backup:ctx-${randomBytes(4).toString('hex')}`,
    taskQueue: `nobody-${randomBytes(4).toString('hex')}`,
  })
  started.push(handle)
  return { handle, workflowId: handle.workflowId, runId: handle.firstExecutionRunId, backupId: 'b' }
}
type Run = Awaited<ReturnType<typeof openRun>>
const ownerOf = ({ workflowId, runId }: Run) => ({ workflowId, runId })
const runs = (count: number) => Promise.all(Array.from({ length: count }, openRun))

describe('the lease of a VM', () => {
  const resource = 'vm:ctx-1'
  const input = ({ handle: _, ...run }: Run) => ({ ...run, resource })
  const take = (run: Run, wait = true) => takeLease(deps())({ ...input(run), wait })

  test('who waits is told who holds it and who goes before; one look does not fail', async () => {
    const [holder, first, second] = await runs(3)
    expect(await take(holder!)).toEqual({ taken: true, waitsFor: null })
    expect(await take(first!, false)).toEqual({
      taken: false,
      waitsFor: `vm:ctx-1 is held by ${holder!.workflowId}`,
    })
    await expect(take(second!)).rejects.toMatchObject({
      code: 'vm-busy',
      retry: true,
      message: `vm:ctx-1 is held by ${holder!.workflowId}; before it in line: ${first!.workflowId}`,
    })
  })

  test('a closed holder gives way to the first in line that is open; closed waiters are skipped', async () => {
    const [holder, gone, next, last] = await runs(4)
    await take(holder!)
    for (const waiter of [gone!, next!, last!]) await take(waiter, false)
    await gone!.handle.terminate()
    await holder!.handle.terminate()
    later()
    expect(await take(last!, false)).toMatchObject({ taken: false })
    expect(await take(next!)).toMatchObject({ taken: true })
    expect(await leaseOf(db(), resource)).toMatchObject({ owner: ownerOf(next!) })
    expect(await listWaiters(db())).toEqual([ownerOf(last!)])
  })

  test('giving back leaves the line: a cancelled waiter is in nobody’s way', async () => {
    const [holder, cancelled, next] = await runs(3)
    await take(holder!)
    await take(cancelled!, false)
    await take(next!, false)
    await releaseLease({ db: db() })(input(cancelled!))
    await releaseLease({ db: db() })(input(holder!))
    expect(await take(next!)).toMatchObject({ taken: true })
  })

  test('while Temporal cannot be asked the holder keeps it and the line stands', async () => {
    const [holder, waiter] = await runs(2)
    await take(holder!)
    await holder!.handle.terminate()
    const cut = await Connection.connect({ address })
    await cut.close()
    const isOpen = askOpenOwners(new Client({ connection: cut }), () => new Date())
    const answer = await takeLease({ db: db(), isOpen })({ ...input(waiter!), wait: false })
    expect(answer).toMatchObject({ taken: false })
    expect(await leaseOf(db(), resource)).toMatchObject({ owner: ownerOf(holder!) })
  })
})

describe('the places of a backup', () => {
  const vm: DiscoveredVm = aVm({
    host: 'esx-01',
    disks: [
      aDisk(2000, { datastore: 'store2' }),
      aDisk(2001, { datastore: 'store1' }),
      aDisk(2002, { datastore: 'store2' }),
    ],
  })
  const registered = async () => {
    const of = await registerVm(db(), { ...vm, id: `instance-${randomBytes(4).toString('hex')}` })
    const backupId = await startBackup(db(), of)
    await saveDiscovery(db(), backupId, of.platform.id, [vm])
    return { of, backupId }
  }
  const input = ({ handle: _, ...run }: Run, backupId: string) => ({ ...run, backupId })
  const take = (run: Run, backupId: string, wait = true) =>
    takeSlots(deps())({ ...input(run, backupId), wait })

  test('are its repository, each datastore once, its host and its vCenter, as this run found them', async () => {
    const { of, backupId } = await registered()
    const [id, name] = [of.platform.id, of.platform.name]
    expect(await wantedSlots(db(), backupId, limits)).toEqual([
      { resource: `repository:${of.repositoryId}`, limit: 1, name: expect.stringMatching(/^repository \S/) },
      { resource: `datastore:${id}/store1`, limit: 4, name: `datastore store1 of ${name}` },
      { resource: `datastore:${id}/store2`, limit: 4, name: `datastore store2 of ${name}` },
      { resource: `host:${id}/esx-01`, limit: 4, name: `host esx-01 of ${name}` },
      { resource: `vcenter:${id}`, limit: 8, name: `vCenter ${name}` },
    ])
    const unplaced = { ...vm, host: '', disks: [aDisk(2000, { datastore: 'd'.repeat(300) })] }
    await saveDiscovery(db(), backupId, id, [unplaced])
    const names = (await wantedSlots(db(), backupId, limits)).map(({ resource }) => resource)
    expect(names).toHaveLength(3)
    expect(names[1]).toMatch(/^datastore:.*dd~[0-9a-f]{32}$/)
    expect(names[1]).toHaveLength(128)
  })

  test('who waits is told what is full and who is there', async () => {
    const { of, backupId } = await registered()
    const [holder, waiter] = await runs(2)
    expect(await take(holder!, backupId)).toEqual({ taken: true, waitsFor: null })
    expect(await take(holder!, backupId)).toEqual({ taken: true, waitsFor: null })
    expect(await listSlots(db())).toHaveLength(5)
    const waitsFor = new RegExp(`^repository \\S+ \\S+ has 1 of 1 backups: ${holder!.workflowId}$`)
    expect(await take(waiter!, backupId, false)).toMatchObject({
      waitsFor: expect.stringMatching(waitsFor),
    })
    await expect(take(waiter!, backupId)).rejects.toMatchObject({ code: 'slots-busy', retry: true })
    expect((await listSlots(db())).every(({ owner }) => owner.runId === holder!.runId)).toBe(true)
    expect(of.repositoryId).toBeGreaterThan(0)
  })

  test('a closed holder’s places do not count, and closed waiters are skipped', async () => {
    const { backupId } = await registered()
    const [holder, gone, next, last] = await runs(4)
    await take(holder!, backupId)
    for (const waiter of [gone!, next!, last!]) await take(waiter, backupId, false)
    await gone!.handle.terminate()
    await holder!.handle.terminate()
    later()
    expect(await take(last!, backupId, false)).toMatchObject({ taken: false })
    expect(await take(next!, backupId)).toMatchObject({ taken: true })
    expect(await listWaiters(db())).toEqual([ownerOf(last!)])
    await releaseSlots({ db: db() })(input(next!, backupId))
    await releaseSlots({ db: db() })(input(last!, backupId))
    expect([...(await listSlots(db())), ...(await listWaiters(db()))]).toEqual([])
  })

  test('many that wait for one holder ask Temporal about it once in a while', async () => {
    const { backupId } = await registered()
    const [holder, waiter] = await runs(2)
    let asked = 0
    const counting = Object.create(client, {
      workflow: {
        value: Object.create(client.workflow, {
          getHandle: { value: (id: string) => ((asked += 1), client.workflow.getHandle(id)) },
        }),
      },
    }) as Client
    const shared = { ...deps(), isOpen: askOpenOwners(counting, () => new Date(clock)) }
    await takeSlots(shared)({ ...input(holder!, backupId), wait: false })
    for (let n = 0; n < 5; n += 1) await takeSlots(shared)({ ...input(waiter!, backupId), wait: false })
    expect(asked).toBe(1)
    later()
    await takeSlots(shared)({ ...input(waiter!, backupId), wait: false })
    expect(asked).toBe(2)
  })
})

test('a sweep takes leases, places and turns from closed owners, and leaves the others theirs', async () => {
  const of = await registerVm(db())
  const backupId = await startBackup(db(), of)
  await saveDiscovery(db(), backupId, of.platform.id, [vmOf()])
  const [gone, waiting, alive] = await runs(3)
  for (const run of [gone!, waiting!, alive!]) {
    const { handle: _, ...owner } = run
    await takeLease(deps())({ ...owner, resource: `vm:${owner.workflowId}`, wait: false })
    await takeSlots(deps())({ ...owner, backupId, wait: false })
  }
  for (const run of [gone!, waiting!]) await run.handle.terminate()
  expect(await releaseClosedLeases({ db: db(), client })({})).toEqual({ released: 2 })
  expect(await listSlots(db())).toEqual([])
  expect(await listWaiters(db())).toEqual([ownerOf(alive!)])
  expect((await listLeases(db())).map(({ owner }) => owner)).toEqual([ownerOf(alive!)])
})

const vmOf = (): DiscoveredVm => aVm({ host: 'esx-02' })
