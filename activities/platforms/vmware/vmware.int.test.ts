import { randomBytes } from 'node:crypto'
import type { DiscoveredVm } from '../../../domain/vm.js'
import { subtractExtents } from '../../blocks/extents.js'
import type { PlatformConnection, Snapshot } from '../platform.js'
import { startLabVcenter, type LabVcenter } from '../testing/lab-vcenter.js'
import { openVmware } from './connect.js'

let vcenter: LabVcenter
let connection: PlatformConnection
let tokens = 0

beforeAll(async () => {
  vcenter = await startLabVcenter()
  connection = await openVmware(vcenter.platform(), vcenter.password, { vddkLibDir: vcenter.scratchDir })
}, 180_000)
afterAll(async () => {
  await connection?.[Symbol.asyncDispose]()
  await vcenter?.[Symbol.asyncDispose]()
})
afterEach(async () => {
  await vcenter.control.clearFaults()
  await vcenter.control.clearDelays()
  for (const { instanceUuid, token } of await connection.source!.snapshotsNamed('int:'))
    await connection.source!.removeSnapshot(instanceUuid, token)
})

const newToken = (): string => `int:${++tokens}`
const vmNamed = async (name: string): Promise<DiscoveredVm> => {
  const [vm] = await connection.inventory.listVms({ name })
  if (vm === undefined) throw new Error(`no VM ${name}`)
  return vm
}
const take = (
  vm: DiscoveredVm,
  token = newToken(),
  quiesce: 'require' | 'prefer' | 'never' = 'never',
): Promise<Snapshot> =>
  connection.source!.takeSnapshot(vm, { token, description: 'an integration test', quiesce })
const until = async (fact: () => Promise<boolean>): Promise<void> => {
  while (!(await fact())) await new Promise((resolve) => setTimeout(resolve, 20))
}

describe('discovery', () => {
  test('a VM in the seeds’ shape', async () => {
    expect(await vmNamed('pgtest2')).toMatchObject({
      id: '4205784a-1f00-4c11-9d2e-000000000002',
      path: '/DatabanxDC/vm/pgtest2',
      datacenter: 'DatabanxDC',
      num_cpu: 2,
      cpus: 2,
      memory_mb: 256,
      power_state: 'poweredOn',
      guest_os: 'linux',
      disks: [
        {
          id: 'disk-2000',
          label: 'Hard disk 1',
          datastore: 'vsanDatastore',
          capacity_bytes: 40 * 1024 ** 2,
          left_out: null,
        },
        {
          label: 'Hard disk 2',
          backing_uuid: '6000C295-0002-4a00-8000-000000000002',
          capacity_bytes: 24 * 1024 ** 2,
        },
      ],
      networks: [{ network_name: 'QUAD_VLAN_1_STD', mac_address: '00:50:56:85:00:02', type: 'distributed' }],
    })
  })

  test('an apostrophe and other scripts in a name come through, both ways', async () => {
    const name = "O'Brien's Büro-サーバ"
    const vm = await vmNamed(name)
    expect(vm).toMatchObject({ name, path: `/DatabanxDC/vm/${name}` })
    const token = `${newToken()} <&> "${name}"`
    await take(vm, token)
    expect(await connection.source!.findSnapshot(vm.id, token)).toMatchObject({ token })
    expect((await vcenter.control.snapshots()).map((snapshot) => snapshot.name)).toContain(token)
  })

  test('a name with what vSphere escapes is shown as its owner wrote it', async () => {
    const name = 'a/b\\c 100%'
    const vm = await vmNamed('diskless')
    await vcenter.control.rename(vm.id, 'a%2fb%5cc 100%25')
    try {
      expect(await vmNamed(name)).toMatchObject({ id: vm.id, name })
    } finally {
      await vcenter.control.rename(vm.id, 'diskless')
    }
  })

  test('twins stand in their own folders', async () => {
    const twins = await connection.inventory.listVms({ name: 'twin' })
    expect(twins.map((vm) => vm.path).sort()).toEqual([
      '/DatabanxDC/vm/left/twin',
      '/DatabanxDC/vm/right/twin',
    ])
  })

  test('disks that a snapshot cannot hold are named with the reason, and are not in the snapshot', async () => {
    const mixed = await vmNamed('mixed-rdm')
    expect(mixed.disks.map((disk) => disk.left_out)).toEqual([null, 'rdm-physical', 'independent'])
    expect((await vmNamed('rdm-only')).disks.map((disk) => disk.left_out)).toEqual(['rdm-physical'])
    expect((await vmNamed('diskless')).disks).toEqual([])
    expect((await take(mixed)).disks.map((disk) => disk.key)).toEqual([mixed.disks[0]!.key])
  })

  test('a VM that needs consolidation says so', async () => {
    await vcenter.control.setConsolidationNeeded('pgtest2', true)
    expect((await vmNamed('pgtest2')).consolidation_needed).toBe(true)
    await vcenter.control.setConsolidationNeeded('pgtest2', false)
  })
})

describe('sessions', () => {
  test('a lost session is renewed under a call, by one login for all', async () => {
    const vm = await vmNamed('pgtest1')
    expect(await vcenter.control.expireSessions()).toMatchObject({ expired: expect.any(Number) as number })
    await vcenter.control.clearCalls()
    const found = await Promise.all(Array.from({ length: 6 }, () => connection.inventory.vmById(vm.id)))
    expect(found.map(({ id }) => id)).toEqual(Array.from({ length: 6 }, () => vm.id))
    expect((await vcenter.control.calls())['Login']).toBe(1)
  })

  test('a session lost while a task runs does not lose the task', async () => {
    const vm = await vmNamed('pgtest1')
    await vcenter.control.delay({ method: 'CreateSnapshot_Task', ms: 1_200, where: 'task', count: 1 })
    await vcenter.control.clearCalls()
    const taking = take(vm)
    await until(async () => ((await vcenter.control.calls())['WaitForUpdatesEx'] ?? 0) > 0)
    await vcenter.control.expireSessions()
    expect(await taking).toMatchObject({ adopted: false })
    expect((await vcenter.control.calls())['CreateSnapshot_Task']).toBe(1)
    expect(await vcenter.control.snapshots()).toHaveLength(1)
  }, 40_000)

  test('a vCenter that ends every session at once is a failure to try again', async () => {
    await vcenter.control.fault({ method: 'FindByUuid', fault: 'NotAuthenticated', where: 'call', count: 2 })
    await expect(connection.inventory.vmById('x')).rejects.toMatchObject({
      code: 'source-session-lost',
      retry: true,
    })
  })
})

describe('faults', () => {
  test.each([
    { fault: 'NoPermission', code: 'source-permission-denied', retry: false },
    { fault: 'ConcurrentAccess', code: 'vm-busy', retry: true },
    { fault: 'HostNotConnected', code: 'source-unreachable', retry: true },
    { fault: 'TooManySnapshotLevels', code: 'snapshot-failed', retry: false },
    { fault: 'NoDiskSpace', code: 'datastore-low', retry: false },
  ])('$fault at the call and in the task is $code, in words', async ({ fault, code, retry }) => {
    const vm = await vmNamed('pgtest1')
    for (const where of ['call', 'task'] as const) {
      await vcenter.control.fault({ method: 'CreateSnapshot_Task', fault, where, count: 1 })
      const taking = take(vm)
      await expect(taking).rejects.toMatchObject({
        name: 'Failure',
        code,
        retry,
        facts: { fault, vm: 'pgtest1' },
      })
      await expect(taking).rejects.toThrow(/pgtest1/)
      await expect(taking).rejects.not.toThrow(/types\./)
    }
    expect(await vcenter.control.snapshots()).toEqual([])
  })

  test('a VM that is busy for a moment is waited for', async () => {
    await vcenter.control.fault({
      method: 'CreateSnapshot_Task',
      fault: 'TaskInProgress',
      where: 'call',
      count: 1,
    })
    expect(await take(await vmNamed('pgtest1'))).toMatchObject({ adopted: false })
  })

  test('where quiescing fails, prefer falls back and require does not', async () => {
    const vm = await vmNamed('pgtest1')
    for (const fault of ['ApplicationQuiesceFault', 'FilesystemQuiesceFault']) {
      await vcenter.control.fault({ method: 'CreateSnapshot_Task', fault, where: 'task', count: 1 })
      const fallen = await take(vm, newToken(), 'prefer')
      expect(fallen).toMatchObject({ consistency: 'crash', adopted: false })
      expect(await connection.source!.findSnapshot(vm.id, fallen.token)).toMatchObject({
        consistency: 'crash',
      })
      await vcenter.control.fault({ method: 'CreateSnapshot_Task', fault, where: 'task', count: 1 })
      const token = newToken()
      await expect(take(vm, token, 'require')).rejects.toMatchObject({ code: 'snapshot-failed', retry: true })
      expect(await connection.source!.findSnapshot(vm.id, token)).toBeUndefined()
    }
    expect((await vcenter.control.snapshots()).map((snapshot) => snapshot.quiesced)).toEqual([false, false])
  })

  test('a refusal to tell changed areas is change tracking that is unavailable', async () => {
    const snapshot = await take(await vmNamed('database-prod-01'))
    for (const fault of ['FileFault', 'InvalidArgument']) {
      await vcenter.control.fault({ method: 'QueryChangedDiskAreas', fault, where: 'call', count: 1 })
      await expect(
        connection.changeTracking!.changedAreas(snapshot, snapshot.disks[0]!, '*'),
      ).rejects.toMatchObject({
        code: 'change-tracking-unavailable',
        retry: false,
      })
    }
  })
})

describe('what is cut off', () => {
  test('a call whose connection is dropped is asked again, where that has no effect', async () => {
    await vcenter.control.drop({ target: 'sdk', method: 'FindByUuid', when: 'after', count: 1 })
    const vm = await vmNamed('pgtest1')
    expect(await connection.inventory.vmById(vm.id)).toMatchObject({ name: 'pgtest1' })
  })

  test('a snapshot whose answer is lost is adopted by the next attempt', async () => {
    const vm = await vmNamed('pgtest1')
    const token = newToken()
    await vcenter.control.drop({ target: 'sdk', method: 'CreateSnapshot_Task', when: 'after', count: 1 })
    await expect(take(vm, token)).rejects.toMatchObject({ code: 'source-unreachable', retry: true })
    expect(await take(vm, token)).toMatchObject({ token, adopted: true })
    expect(await vcenter.control.snapshots()).toHaveLength(1)
  })

  test('a snapshot whose task still runs is waited for and adopted by another connection', async () => {
    const vm = await vmNamed('pgtest1')
    const token = newToken()
    await vcenter.control.delay({ method: 'CreateSnapshot_Task', ms: 1_200, where: 'task', count: 1 })
    await vcenter.control.clearCalls()
    const first = take(vm, token, 'prefer')
    await until(async () => (await vcenter.control.calls())['CreateSnapshot_Task'] === 1)
    await using other = await openVmware(vcenter.platform(), vcenter.password, {})
    const second = await other.source!.takeSnapshot(vm, { token, description: 'd', quiesce: 'prefer' })
    expect(second).toEqual({ ...(await first), adopted: true })
    expect(second.consistency).toBe('application')
    expect((await vcenter.control.calls())['CreateSnapshot_Task']).toBe(1)
  }, 30_000)

  test('a snapshot that is still being made is removed all the same', async () => {
    const vm = await vmNamed('pgtest1')
    const token = newToken()
    await vcenter.control.delay({ method: 'CreateSnapshot_Task', ms: 1_000, where: 'task', count: 1 })
    await vcenter.control.drop({ target: 'sdk', method: 'CreateSnapshot_Task', when: 'after', count: 1 })
    await expect(take(vm, token)).rejects.toMatchObject({ code: 'source-unreachable' })
    await connection.source!.removeSnapshot(vm.id, token)
    // Another snapshot waits for whatever still runs: had the first come after all, it would show now.
    const other = await take(vm)
    expect((await vcenter.control.snapshots()).map((snapshot) => snapshot.name)).toEqual([other.token])
  }, 30_000)

  test('a wait for a task outlives a dropped connection', async () => {
    const vm = await vmNamed('pgtest1')
    const { token } = await take(vm)
    await vcenter.control.delay({ method: 'RemoveSnapshot_Task', ms: 1_000, where: 'task', count: 1 })
    await vcenter.control.drop({ target: 'sdk', method: 'WaitForUpdatesEx', when: 'after', count: 2 })
    await connection.source!.removeSnapshot(vm.id, token)
    expect(await vcenter.control.snapshots()).toEqual([])
  }, 30_000)

  test('a task that runs on and on is left to the next try, which waits for its end', async () => {
    const vm = await vmNamed('pgtest1')
    const { token } = await take(vm)
    await using hasty = await openVmware(vcenter.platform(), vcenter.password, { callTimeoutMs: 1_500 })
    await vcenter.control.delay({ method: 'RemoveSnapshot_Task', ms: 12_000, where: 'task', count: 1 })
    await expect(hasty.source!.removeSnapshot(vm.id, token)).rejects.toMatchObject({
      code: 'vm-busy',
      retry: true,
      message: expect.stringContaining('still runs after 6 s') as string,
    })
    expect(await vcenter.control.snapshots()).toHaveLength(1)
    await vcenter.control.clearCalls()
    await connection.source!.removeSnapshot(vm.id, token)
    expect(await vcenter.control.snapshots()).toEqual([])
    expect(await vcenter.control.calls()).not.toHaveProperty('RemoveSnapshot_Task')
  }, 60_000)

  test('a slow vCenter is given up at the call’s time-out, and is there again afterwards', async () => {
    await using hasty = await openVmware(vcenter.platform(), vcenter.password, { callTimeoutMs: 300 })
    await hasty.inventory.listVms({ name: 'pgtest1' })
    await vcenter.control.delay({ method: 'FindByUuid', ms: 900, count: 1 })
    await expect(hasty.inventory.vmById('x')).rejects.toMatchObject({
      code: 'source-unreachable',
      retry: true,
    })
    await expect(hasty.inventory.vmById('x')).rejects.toMatchObject({ code: 'vm-not-found' })
  })
})

describe('change tracking', () => {
  test('areas are paged at the server’s small cap and come back whole', async () => {
    const vm = await vmNamed('database-prod-01')
    const snapshot = await take(vm)
    for (let index = 0; index < 24; index++)
      await vcenter.control.write(vm.id, 2000, (400 + 3 * index) * 65_536, randomBytes(10))
    const later = await take(vm)
    await vcenter.control.clearCalls()
    const written = Array.from({ length: 24 }, (_, index) => ({
      offset: (400 + 3 * index) * 65_536,
      length: 65_536,
    }))
    const { changedAreas } = connection.changeTracking!
    expect(await changedAreas(later, later.disks[0]!, snapshot.disks[0]!.changeId!)).toEqual(written)
    expect((await vcenter.control.calls())['QueryChangedDiskAreas']).toBeGreaterThanOrEqual(6)
    const allocated = await changedAreas(later, later.disks[0]!, '*')
    expect(subtractExtents(written, allocated)).toEqual([])
    expect((await vcenter.control.calls())['QueryChangedDiskAreas']).toBeGreaterThanOrEqual(12)
  })

  test('after a reset the old marker is refused without asking', async () => {
    const vm = await vmNamed('database-prod-01')
    const before = await take(vm)
    await connection.source!.removeSnapshot(vm.id, before.token)
    await vcenter.control.resetChangeTracking(vm.id, 2000)
    const after = await take(vm)
    await vcenter.control.clearCalls()
    await expect(
      connection.changeTracking!.changedAreas(after, after.disks[0]!, before.disks[0]!.changeId!),
    ).rejects.toMatchObject({
      code: 'change-tracking-unavailable',
      message: expect.stringContaining('reset') as string,
    })
    expect(await vcenter.control.calls()).not.toHaveProperty('QueryChangedDiskAreas')
  })

  test('a disk on which nothing is allocated is not believed to be empty', async () => {
    const [twin] = await connection.inventory.listVms({ name: 'twin' })
    await connection.changeTracking!.ensureEnabled(twin!)
    const snapshot = await take(twin!)
    await expect(
      connection.changeTracking!.changedAreas(snapshot, snapshot.disks[0]!, '*'),
    ).rejects.toMatchObject({
      code: 'change-tracking-malformed',
    })
  })
})

test('a VM that is removed meanwhile is vm-not-found, and removing its snapshots succeeds', async () => {
  const vm = await vmNamed('rdm-only')
  await vcenter.control.removeVm(vm.id)
  await expect(take(vm)).rejects.toMatchObject({ code: 'vm-not-found', retry: false })
  await expect(connection.changeTracking!.ensureEnabled(vm)).rejects.toMatchObject({ code: 'vm-not-found' })
  await connection.source!.removeSnapshot(vm.id, 'int:any')
})
