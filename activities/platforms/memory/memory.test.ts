import { randomBytes, randomUUID } from 'node:crypto'
import { Failure } from '../../../domain/failure.js'
import type { Platform } from '../../../domain/platform.js'
import type { PlatformConnection } from '../platform.js'
import { openPlatform } from '../registry.js'
import { describePlatform } from '../testing/platform-suite.js'
import { memoryDatacentre } from './datacentre.js'

const MiB = 1024 * 1024

const platformAt = (host: string, kind: Platform['kind'] = 'memory'): Platform => ({
  id: 'platform-memory',
  name: 'memory',
  kind,
  host,
  username: 'tester',
  credential_id: 'none',
  datacenter: null,
  tls: { mode: 'verify' },
  transport: 'memory',
  created_at: '2026-01-01T00:00:00.000Z',
  updated_at: '2026-01-01T00:00:00.000Z',
})

const connect = (host: string, secret = ''): Promise<PlatformConnection> =>
  openPlatform(platformAt(host), secret, {})

const withData = (sizeBytes: number): Buffer => {
  const disk = Buffer.alloc(sizeBytes)
  randomBytes(300_000).copy(disk, 500_000)
  return disk
}

describePlatform('memory', async () => {
  const datacentre = memoryDatacentre(`suite-${randomUUID()}`)
  datacentre.addVm({ name: 'runs', disks: [withData(8 * MiB + 512), 2 * MiB] })
  datacentre.addVm({ name: 'off', disks: [withData(2 * MiB)], powerState: 'poweredOff' })
  datacentre.addVm({ name: 'untracked', disks: [withData(2 * MiB)] })
  datacentre.addVm({ name: 'twin', disks: [MiB] })
  datacentre.addVm({ name: 'twin', disks: [MiB] })
  return {
    connection: await connect(datacentre.name),
    names: { running: 'runs', off: 'off', untracked: 'untracked', twins: 'twin' },
    write: async (vm, key, offset, bytes) => datacentre.write(vm.id, key, offset, bytes),
    read: async (vm, key, offset, length) => datacentre.read(vm.id, key, offset, length),
    openReader: async (reader) => {
      if (reader.kind !== 'end') throw new Error('the memory platform reads in its own process')
      return reader.open()
    },
    async [Symbol.asyncDispose]() {
      datacentre[Symbol.dispose]()
    },
  }
})

describe('a memory datacentre', () => {
  test('a wrong password is refused by every call, and by the check’s second line', async () => {
    using datacentre = memoryDatacentre(`login-${randomUUID()}`, { username: 'tester', password: 'right' })
    const connection = await connect(datacentre.name, 'wrong')
    await expect(connection.inventory.listVms()).rejects.toMatchObject({ code: 'source-login-refused' })
    expect((await connection.inventory.check()).map((line) => [line.name, line.ok])).toEqual([
      ['certificate', true],
      ['login', false],
    ])
  })

  test('an ordered failure strikes once and has no effect', async () => {
    using datacentre = memoryDatacentre(`faults-${randomUUID()}`)
    const vm = datacentre.addVm({ name: 'a', disks: [MiB] })
    datacentre.failNext('takeSnapshot', () => new Failure('vm-busy', 'busy', { retry: true }))
    const { inventory, source } = await connect(datacentre.name)
    const found = await inventory.vmById(vm.id)
    const request = { token: 't', description: 'd', quiesce: 'never' } as const
    await expect(source!.takeSnapshot(found, request)).rejects.toMatchObject({ code: 'vm-busy' })
    expect(vm.snapshots.size).toBe(0)
    expect(await source!.takeSnapshot(found, request)).toMatchObject({ adopted: false })
  })

  test('disks that a snapshot cannot hold are discovered with the reason and left out of the snapshot', async () => {
    using datacentre = memoryDatacentre(`rdm-${randomUUID()}`)
    const vm = datacentre.addVm({ name: 'a', disks: [MiB, { content: MiB, leftOut: 'rdm-physical' }] })
    const { inventory, source } = await connect(datacentre.name)
    const found = await inventory.vmById(vm.id)
    expect(found.disks.map((disk) => disk.left_out)).toEqual([null, 'rdm-physical'])
    const snapshot = await source!.takeSnapshot(found, { token: 't', description: 'd', quiesce: 'prefer' })
    expect(snapshot.disks.map((disk) => disk.key)).toEqual([2000])
  })

  test('a VM that cannot be quiesced fails where that is required and falls back where it is preferred', async () => {
    using datacentre = memoryDatacentre(`quiesce-${randomUUID()}`)
    const vm = datacentre.addVm({ name: 'a', disks: [MiB], quiesces: false })
    const { inventory, source } = await connect(datacentre.name)
    const found = await inventory.vmById(vm.id)
    const take = (token: string, quiesce: 'require' | 'prefer') =>
      source!.takeSnapshot(found, { token, description: 'd', quiesce })
    await expect(take('t', 'require')).rejects.toMatchObject({ code: 'snapshot-failed' })
    expect(await take('t', 'prefer')).toMatchObject({ consistency: 'crash', adopted: false })
  })

  test('a reset of change tracking ends the epoch', async () => {
    using datacentre = memoryDatacentre(`reset-${randomUUID()}`)
    const vm = datacentre.addVm({ name: 'a', disks: [MiB], trackingEnabled: true })
    const { inventory, source, changeTracking } = await connect(datacentre.name)
    const found = await inventory.vmById(vm.id)
    const take = (token: string) => source!.takeSnapshot(found, { token, description: 'd', quiesce: 'never' })
    const since = (await take('one')).disks[0]!.changeId!
    datacentre.resetTracking(vm.id, 2000)
    const later = await take('two')
    await expect(changeTracking!.changedAreas(later, later.disks[0]!, since)).rejects.toMatchObject({
      code: 'change-tracking-unavailable',
    })
  })
})

test.each(['ossea', 'libvirt'] as const)('a platform of kind %s is not available yet', async (kind) => {
  await expect(openPlatform(platformAt('x', kind), '', {})).rejects.toMatchObject({
    code: 'not-available',
    retry: false,
  })
})

test('a memory datacentre that this process does not have cannot be reached', async () => {
  await expect(connect('nowhere')).rejects.toMatchObject({ code: 'source-unreachable' })
})
