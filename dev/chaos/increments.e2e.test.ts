import type { BackupDetails } from '../../api/contract/backups.js'
import type { BackupDisk } from '../../domain/backup.js'
import type { Repository } from '../../domain/repository.js'
import type { LabAnswer } from '../../lab/control.js'
import { change, fill, measuredRun, type ChangedDisk } from '../testing/changed-disk.js'
import { addLab, addRepository, backupWhen, protect, startBackup, startProduct } from '../testing/product.js'
import type { Product } from '../testing/product.js'
import { until } from '../testing/run-npm.js'
import { mismatchOf } from './read-back.js'
import { seeded } from '../../activities/blocks/testing/random.js'

const vm = 'chaos-2'
const KiB = 1024
const MiB = 1024 * KiB
const random = seeded('increments')

let product: Product
let context: string
let repository: Repository
let last: BackupDetails

beforeAll(async () => {
  product = await startProduct({ SENDENSE_LAB_SCENARIO: 'chaos' })
  const platform = await addLab(product)
  await product.lab.addDisk(vm, 6 * MiB)
  for (const key of [2000, 2001]) await product.lab.write(vm, key, 0, random.bytes(3 * MiB))
  context = await protect(product, platform, vm)
  repository = await addRepository(product, 'increments')
  last = await backUp('auto')
})
afterAll(() => product?.[Symbol.asyncDispose]())
afterEach(() => product.lab.clearChangeAnswers())

/** Runs a backup to its end and compares every byte of it with the lab's copy. */
const backUp = async (backup_type: 'auto' | 'full' | 'incremental'): Promise<BackupDetails> => {
  const request = { vm_context_id: context, repository_id: repository.id, backup_type }
  const backup = await backupWhen(product, await startBackup(product, request))
  expect(backup).toMatchObject({ status: 'completed', cleanup: 'done' })
  expect(await mismatchOf(product, backup, await product.lab.oracle())).toBeUndefined()
  return backup
}

const diskOf = (backup: BackupDetails, key: number): BackupDisk => {
  const disk = backup.disks.find(({ device_key }) => device_key === key)
  if (disk === undefined) throw new Error(`${backup.id} has no disk ${key}`)
  return disk
}

interface Expected {
  readonly read_mode: 'full' | 'changed'
  readonly stored_as: 'root' | 'overlay'
  /** At most so many bytes of it are stored; metadata not counted. */
  readonly stored: number
  /** At most so many bytes of it are read; the whole disk when absent. */
  readonly read?: number
}
const increment = (bytes: number): Expected => ({
  read_mode: 'changed',
  stored_as: 'overlay',
  stored: bytes,
  read: bytes,
})
const compared = (stored: number): Expected => ({ read_mode: 'full', stored_as: 'overlay', stored })
const anew: Expected = { read_mode: 'full', stored_as: 'root', stored: 8 * MiB }
const untouched = increment(0)
const grain = 64 * KiB

const answers =
  (kind: LabAnswer['kind'], more: Partial<LabAnswer> = {}) =>
  async (): Promise<void> => {
    // One grain in the disk's middle: an answer needs an area to be spoilt.
    await product.lab.write(vm, 2000, 2 * MiB + 5, random.bytes(100))
    await product.lab.answerChanges({ vm, key: 2000, kind, ...more })
  }
const write = (key: number, offset: number, length: number) => () =>
  product.lab.write(vm, key, offset, random.bytes(length))

// What happened to the VM since its last point → what the next one says of its two disks.
test.each<{ what: string; act: () => Promise<unknown>; first: Expected; second: Expected }>([
  { what: 'nothing', act: async () => undefined, first: untouched, second: untouched },
  { what: 'one byte was written', act: write(2000, 70_000, 1), first: increment(grain), second: untouched },
  {
    what: 'two grains were touched across their border',
    act: write(2001, 2 * grain - 1, 2),
    first: untouched,
    second: increment(2 * grain),
  },
  {
    what: 'old data was unmapped',
    act: () => product.lab.zero({ vm, key: 2000, offset: 0, length: MiB }),
    first: increment(MiB),
    second: untouched,
  },
  {
    what: 'old data was overwritten with zeros',
    act: () => product.lab.write(vm, 2001, MiB, Buffer.alloc(3 * grain)),
    first: untouched,
    second: increment(3 * grain),
  },
  {
    what: 'change tracking was reset',
    act: () => product.lab.resetChangeTracking(vm, 2000),
    first: compared(0),
    second: untouched,
  },
  { what: 'the change ID expired', act: answers('expired'), first: compared(grain), second: untouched },
  { what: 'the change ID is refused', act: answers('invalid'), first: compared(grain), second: untouched },
  { what: 'areas come unsorted', act: answers('unsorted'), first: compared(grain), second: untouched },
  { what: 'areas overlap', act: answers('overlapping'), first: compared(grain), second: untouched },
  {
    what: 'an area lies beyond the end',
    act: answers('beyond-end'),
    first: compared(grain),
    second: untouched,
  },
  {
    what: 'an answer covers nothing',
    act: answers('no-progress'),
    first: compared(grain),
    second: untouched,
  },
  {
    // 8,000 sectors cover the 4 MiB of the disk nearly whole; all but one grain are as they were.
    what: 'a true answer comes in thousands of areas',
    act: answers('fragmented', { extents: 8000, page_cap: 4 }),
    first: { read_mode: 'changed', stored_as: 'overlay', stored: 8 * MiB },
    second: untouched,
  },
  {
    what: 'a disk grew',
    act: () => product.lab.growDisk(vm, 2001, 6 * MiB + 65 * KiB),
    first: untouched,
    second: { read_mode: 'full', stored_as: 'overlay', stored: 2 * grain },
  },
  {
    what: 'a disk was replaced under its key',
    act: () => product.lab.replaceDisk(vm, 2001),
    first: untouched,
    second: anew,
  },
])('$what', async ({ act, first, second }) => {
  await act()
  const before = last
  last = await backUp('auto')
  expect(last.backup_type).toBe('incremental')
  for (const [key, expected] of [[2000, first] as const, [2001, second] as const]) {
    const disk = diskOf(last, key)
    const { read_mode, stored_as, stored, read = disk.capacity_bytes } = expected
    expect(disk).toMatchObject({
      read_mode,
      stored_as,
      parent_backup_id: stored_as === 'overlay' ? before.id : null,
    })
    expect(disk.read_reason).not.toBe('')
    expect(disk.stored_reason).not.toBe('')
    expect(disk.bytes_stored).toBeLessThanOrEqual(stored)
    expect(disk.bytes_read).toBeLessThanOrEqual(read)
  }
})

test('a disk more and then one less: only the new one is read in full', async () => {
  const key = await product.lab.addDisk(vm, 4 * MiB)
  await product.lab.write(vm, key, 0, random.bytes(MiB))
  const three = await backUp('auto')
  expect(diskOf(three, key)).toMatchObject({ read_mode: 'full', stored_as: 'root', parent_backup_id: null })
  expect(diskOf(three, 2000)).toMatchObject({ read_mode: 'changed', stored_as: 'overlay' })
  await product.lab.removeDisk(vm, key)
  last = await backUp('auto')
  expect(last.disks.map(({ read_mode }) => read_mode)).toEqual(['changed', 'changed'])
  expect(diskOf(last, 2000).parent_backup_id).toBe(three.id)
})

test('a leaf that was deleted is no base: the next point stands on the one before, and has its changes too', async () => {
  await product.lab.write(vm, 2000, 0, random.bytes(grain))
  const leaf = await backUp('auto')
  expect((await product.ask('DELETE', `/backups/${leaf.id}`)).status).toBe(204)
  const next = await backUp('auto')
  expect(diskOf(next, 2000)).toMatchObject({ read_mode: 'changed', parent_backup_id: last.id })
  expect(diskOf(next, 2000).bytes_read).toBe(grain)
  const refused = await product.ask('DELETE', `/backups/${last.id}`)
  expect(refused.status).toBe(409)
  expect(JSON.stringify(refused.body)).toContain(next.id)
  last = next
})

test('the vCenter was killed and started again: its change IDs still count', async () => {
  await product.lab.write(vm, 2000, MiB, random.bytes(10))
  const killed = (await product.endpoints()).processes['lab']!
  process.kill(killed, 'SIGKILL')
  const isBack = async (): Promise<boolean> => (await product.lab.vms().catch(() => [])).length > 0
  await until(isBack, () => `the practice vCenter did not come back:\n${product.text()}`)
  await product.lab.write(vm, 2001, MiB, random.bytes(10))
  last = await backUp('auto')
  for (const key of [2000, 2001])
    expect(diskOf(last, key)).toMatchObject({ read_mode: 'changed', stored_as: 'overlay', bytes_read: grain })
})

test('1 % of a 4 GiB disk was rewritten: that is what is read, and what the repository grows by', async () => {
  const sizeBytes = 4096 * MiB
  const key = await product.lab.addDisk(vm, sizeBytes)
  const disk: ChangedDisk = { product, vm, key, context, repository }
  await fill(disk, 96 * MiB)
  last = (await measuredRun(disk, 'incremental')).backup
  const changed = await change(disk, sizeBytes, Math.round(sizeBytes / 100 / grain))
  const { backup, bytesServed, bytesOnDisk } = await measuredRun(disk, 'incremental')
  expect(await mismatchOf(product, backup, await product.lab.oracle())).toBeUndefined()
  expect(diskOf(backup, key)).toMatchObject({ read_mode: 'changed', stored_as: 'overlay' })
  expect(bytesServed).toBeLessThanOrEqual(1.2 * changed + 5 * MiB)
  expect(bytesOnDisk).toBeLessThanOrEqual(1.2 * changed + 5 * MiB)
  await product.lab.removeDisk(vm, key)
  last = backup
})

test('a full asked for is a root of its own; an increment asked for without a base becomes one and says why', async () => {
  const full = await backUp('full')
  expect(full.backup_type).toBe('full')
  for (const disk of full.disks)
    expect(disk).toMatchObject({ read_mode: 'full', stored_as: 'root', parent_backup_id: null })
  repository = await addRepository(product, 'another')
  const first = await backUp('incremental')
  expect(first).toMatchObject({ backup_type: 'full', requested_type: 'incremental' })
  expect(first.type_reason).toBeTruthy()
})
