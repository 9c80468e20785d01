import { randomBytes } from 'node:crypto'
import type { DiscoveredVm } from '../../../domain/vm.js'
import type { Extent } from '../../blocks/end.js'
import { grainBytes, subtractExtents, totalBytes, widenExtents } from '../../blocks/extents.js'
import type { Snapshot } from '../platform.js'
import type { SuiteParts } from './platform-suite.js'

const windowBytes = 4 * 1024 * 1024

/** What change tracking claims, held against what was written. */
export const describeTracking = (parts: SuiteParts): void => {
  const { subject, source, tracking, vmNamed, newToken } = parts
  const tracked = async (): Promise<DiscoveredVm> => {
    const vm = await vmNamed(subject().names.running)
    await tracking().ensureEnabled(vm)
    return vm
  }
  const take = (vm: DiscoveredVm, token = newToken()): Promise<Snapshot> =>
    source().takeSnapshot(vm, { token, description: 'made by the platform suite', quiesce: 'never' })
  /** A snapshot that is gone again: its change ID is the beginning of what is asked later. */
  const baseOf = async (vm: DiscoveredVm): Promise<string> => {
    const base = await take(vm)
    await source().removeSnapshot(vm.id, base.token)
    return changeIdOf(base)
  }
  const areasOf = (snapshot: Snapshot, since: string): Promise<readonly Extent[]> =>
    tracking().changedAreas(snapshot, snapshot.disks[0]!, since)

  test('it is turned on once', async () => {
    const vm = await vmNamed(subject().names.running)
    const first = await tracking().ensureEnabled(vm)
    expect(first).toEqual({ enabled: true, changed: !vm.change_tracking.enabled, reason: null })
    expect(await tracking().ensureEnabled(vm)).toEqual({ enabled: true, changed: false, reason: null })
    expect((await vmNamed(vm.name)).change_tracking.enabled).toBe(true)
  })

  test('it is never turned on over existing snapshots', async () => {
    const vm = await vmNamed(subject().names.untracked)
    expect(vm.change_tracking).toEqual({ supported: true, enabled: false })
    const snapshot = await take(vm)
    expect(snapshot.disks.map((disk) => disk.changeId)).toEqual(snapshot.disks.map(() => null))
    expect(await tracking().ensureEnabled(vm)).toEqual({
      enabled: false,
      changed: false,
      reason: expect.stringContaining(snapshot.token) as string,
    })
    await expect(areasOf(snapshot, '*')).rejects.toMatchObject({
      code: 'change-tracking-unavailable',
      retry: false,
    })
    expect((await vmNamed(vm.name)).change_tracking.enabled).toBe(false)
  })

  test('the allocated areas hold every byte that is not zero', async () => {
    const vm = await tracked()
    const snapshot = await take(vm)
    const size = snapshot.disks[0]!.capacityBytes
    const areas = await areasOf(snapshot, '*')
    expectWellFormed(areas, size)
    await using end = await subject().openReader(await source().diskReader(snapshot, snapshot.disks[0]!))
    for (const { offset, length } of subtractExtents([{ offset: 0, length: size }], areas))
      for (let at = offset; at < offset + length; at += windowBytes) {
        const bytes = await end.read(at, Math.min(windowBytes, offset + length - at))
        expect(bytes.every((byte) => byte === 0)).toBe(true)
      }
    expect(totalBytes(areas)).toBeGreaterThan(0)
  })

  test('changed areas cover what was written, and little else', async () => {
    const vm = await tracked()
    const since = await baseOf(vm)
    const { key, capacity_bytes: size } = vm.disks[0]!
    const written: Extent[] = [
      { offset: 0, length: 1 },
      { offset: 3 * grainBytes - 1, length: 2 },
      { offset: 7 * grainBytes, length: grainBytes },
      { offset: 9 * grainBytes + 5, length: 3 * grainBytes },
      { offset: size - 512, length: 512 },
    ]
    for (const { offset, length } of written) await subject().write(vm, key, offset, randomBytes(length))
    const areas = await areasOf(await take(vm), since)
    expectWellFormed(areas, size)
    expect(subtractExtents(written, areas)).toEqual([])
    expect(subtractExtents(areas, widenExtents(written, size))).toEqual([])
  })

  test('many scattered changes are all told', async () => {
    const vm = await tracked()
    const since = await baseOf(vm)
    const { key, capacity_bytes: size } = vm.disks[0]!
    const written = Array.from({ length: Math.min(40, Math.floor(size / grainBytes / 2)) }, (_, index) => ({
      offset: index * 2 * grainBytes,
      length: 512,
    }))
    for (const { offset, length } of written) await subject().write(vm, key, offset, randomBytes(length))
    const areas = await areasOf(await take(vm), since)
    expectWellFormed(areas, size)
    expect(areas).toEqual(widenExtents(written, size))
  })

  test('where nothing was written nothing has changed', async () => {
    const vm = await tracked()
    const since = await baseOf(vm)
    expect(await areasOf(await take(vm), since)).toEqual([])
  })

  test('an answer for a snapshot does not change with what is written after it', async () => {
    const vm = await tracked()
    const since = await baseOf(vm)
    await subject().write(vm, vm.disks[0]!.key, 5 * grainBytes, randomBytes(10))
    const snapshot = await take(vm)
    const before = await areasOf(snapshot, since)
    await subject().write(vm, vm.disks[0]!.key, 11 * grainBytes, randomBytes(10))
    await subject().write(vm, vm.disks[0]!.key, 5 * grainBytes, randomBytes(10))
    expect(await areasOf(snapshot, since)).toEqual(before)
    expect(before).toEqual([{ offset: 5 * grainBytes, length: grainBytes }])
  })

  test('a marker of another epoch is worth nothing', async () => {
    const vm = await tracked()
    const snapshot = await take(vm)
    await expect(
      areasOf(snapshot, '00 00 00 00 00 00 00 00-00 00 00 00 00 00 00 00/1'),
    ).rejects.toMatchObject({
      code: 'change-tracking-unavailable',
      retry: false,
    })
  })

  test('a snapshot that is gone is said to be gone', async () => {
    const vm = await tracked()
    const snapshot = await take(vm)
    await source().removeSnapshot(vm.id, snapshot.token)
    await expect(areasOf(snapshot, '*')).rejects.toMatchObject({ code: 'snapshot-gone', retry: false })
  })
}

const changeIdOf = (snapshot: Snapshot): string => {
  const id = snapshot.disks[0]?.changeId
  if (id === undefined || id === null) throw new Error('the snapshot has no change ID')
  return id
}

/** Sorted, apart by at least a byte, not empty, on the disk. */
const expectWellFormed = (areas: readonly Extent[], sizeBytes: number): void => {
  areas.forEach(({ offset, length }, index) => {
    const next = areas[index + 1]
    expect(length).toBeGreaterThan(0)
    expect(offset + length).toBeLessThan(next === undefined ? sizeBytes + 1 : next.offset)
  })
}
