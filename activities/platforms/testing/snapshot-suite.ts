import { randomBytes, randomUUID } from 'node:crypto'
import type { DiscoveredVm } from '../../../domain/vm.js'
import type { End } from '../../blocks/end.js'
import type { Snapshot } from '../platform.js'
import type { SuiteParts } from './platform-suite.js'

/** Taking, adopting, listing, reading and removing snapshots. */
export const describeSnapshots = (parts: SuiteParts): void => {
  const { subject, inventory, source, vmNamed, newToken, tokenPrefix } = parts
  const running = (): Promise<DiscoveredVm> => vmNamed(subject().names.running)
  const take = (vm: DiscoveredVm, token: string): Promise<Snapshot> =>
    source().takeSnapshot(vm, { token, description: 'made by the platform suite', quiesce: 'never' })

  test('a snapshot names the disks it holds by key, backing and capacity', async () => {
    const vm = await running()
    expect(vm.has_snapshots).toBe(false)
    const snapshot = await take(vm, newToken())
    expect(snapshot).toMatchObject({ adopted: false, consistency: 'crash', vmReference: vm.reference })
    expect(
      snapshot.disks.map(({ key, backingUuid, capacityBytes }) => ({ key, backingUuid, capacityBytes })),
    ).toEqual(
      vm.disks.map((disk) => ({
        key: disk.key,
        backingUuid: disk.backing_uuid,
        capacityBytes: disk.capacity_bytes,
      })),
    )
    expect(Math.abs(Date.now() - Date.parse(snapshot.takenAt))).toBeLessThan(120_000)
    expect((await inventory().vmById(vm.id)).has_snapshots).toBe(true)
  })

  test('a token taken twice is one snapshot, adopted the second time', async () => {
    const vm = await running()
    const token = newToken()
    const first = await take(vm, token)
    expect(await take(vm, token)).toEqual({ ...first, adopted: true })
    expect(await source().findSnapshot(vm.id, token)).toEqual({ ...first, adopted: true })
  })

  test('a token asked for by several at once is one snapshot', async () => {
    const vm = await running()
    const token = newToken()
    const taken = await Promise.all([take(vm, token), take(vm, token)])
    expect(new Set(taken.map((snapshot) => snapshot.reference)).size).toBe(1)
    expect(await source().snapshotsNamed(token)).toHaveLength(1)
  })

  test('removing is done when nothing is left, however often it is asked', async () => {
    const vm = await running()
    const [kept, removed] = [newToken(), newToken()]
    await take(vm, kept)
    await take(vm, removed)
    await source().removeSnapshot(vm.id, removed)
    await source().removeSnapshot(vm.id, removed)
    expect(await source().findSnapshot(vm.id, removed)).toBeUndefined()
    expect(await source().findSnapshot(vm.id, kept)).toMatchObject({ token: kept })
  })

  test('a VM that is not there has no snapshots, and removing from it succeeds', async () => {
    const id = randomUUID()
    await source().removeSnapshot(id, newToken())
    expect(await source().findSnapshot(id, newToken())).toBeUndefined()
  })

  test('a prefix finds its own snapshots on every VM, and no others', async () => {
    const [vm, off] = [await running(), await vmNamed(subject().names.off)]
    const tokens = [newToken(), newToken()]
    const foreign = `other-${tokenPrefix}`
    await take(vm, tokens[0]!)
    await take(off, tokens[1]!)
    await take(vm, foreign)
    try {
      const found = await source().snapshotsNamed(tokenPrefix)
      expect(found.map(({ instanceUuid, vmName, token }) => [instanceUuid, vmName, token]).sort()).toEqual(
        [
          [vm.id, vm.name, tokens[0]],
          [off.id, off.name, tokens[1]],
        ].sort(),
      )
    } finally {
      await source().removeSnapshot(vm.id, foreign)
    }
  })

  test('the level of consistency is what was reached', async () => {
    const vm = await running()
    const quiesced = await source().takeSnapshot(vm, {
      token: newToken(),
      description: 'd',
      quiesce: 'require',
    })
    expect(quiesced.consistency).toBe('application')
    expect(await source().findSnapshot(vm.id, quiesced.token)).toMatchObject({ consistency: 'application' })
    const off = await vmNamed(subject().names.off)
    const still = await source().takeSnapshot(off, { token: newToken(), description: 'd', quiesce: 'prefer' })
    expect(still.consistency).toBe('powered-off')
  })

  test('a reader sees the moment of the snapshot while the guest goes on writing', async () => {
    const vm = await running()
    const [disk] = vm.disks
    const before = await subject().read(vm, disk!.key, 0, 256 * 1024)
    const snapshot = await take(vm, newToken())
    await using end = await opened(parts, snapshot, 0)
    const bytes = randomBytes(8192)
    await subject().write(vm, disk!.key, 100_000, bytes)
    expect(end.sizeBytes).toBe(disk!.capacity_bytes)
    expect((await end.read(0, before.length)).equals(before)).toBe(true)
    expect((await subject().read(vm, disk!.key, 100_000, bytes.length)).equals(bytes)).toBe(true)
    await using again = await opened(parts, snapshot, 0)
    expect((await again.read(0, before.length)).equals(before)).toBe(true)
  })

  test('of two snapshots each reader sees its own moment', async () => {
    const vm = await running()
    const key = vm.disks[0]!.key
    const [older, newer] = [randomBytes(4096), randomBytes(4096)]
    await subject().write(vm, key, 65_536, older)
    const first = await take(vm, newToken())
    await subject().write(vm, key, 65_536, newer)
    const second = await take(vm, newToken())
    await using firstEnd = await opened(parts, first, 0)
    await using secondEnd = await opened(parts, second, 0)
    expect((await firstEnd.read(65_536, 4096)).equals(older)).toBe(true)
    expect((await secondEnd.read(65_536, 4096)).equals(newer)).toBe(true)
  })

  test('what the guest wrote outlives the removal of the snapshot', async () => {
    const vm = await running()
    const token = newToken()
    const bytes = randomBytes(70_000)
    await take(vm, token)
    await subject().write(vm, vm.disks[0]!.key, 131_000, bytes)
    await source().removeSnapshot(vm.id, token)
    expect((await subject().read(vm, vm.disks[0]!.key, 131_000, bytes.length)).equals(bytes)).toBe(true)
  })
}

const opened = async (parts: SuiteParts, snapshot: Snapshot, index: number): Promise<End> => {
  const disk = snapshot.disks[index]
  if (disk === undefined) throw new Error(`the snapshot has no disk ${index}`)
  return parts.subject().openReader(await parts.source().diskReader(snapshot, disk))
}
