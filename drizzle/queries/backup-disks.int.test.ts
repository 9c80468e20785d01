import { openTestDatabase } from '../testing/database.js'
import type { TestDatabase } from '../testing/database.js'
import { planDisks, registerVm, startBackup } from '../testing/samples.js'
import { finishBackup } from './backup-changes.js'
import { forgetCopies } from './backup-pauses.js'
import {
  diskIfCurrent,
  disksOfBackup,
  isCurrentAttempt,
  markCommitted,
  recordDiskCopied,
  setDiskPlan,
  takeAttempt,
} from './backup-disks.js'

// Making the tables syncs each one to disk: seconds on a loaded machine.
jest.setTimeout(60_000)

let opened: TestDatabase
beforeAll(async () => {
  opened = await openTestDatabase({ connectionLimit: 20 })
})
afterAll(() => opened[Symbol.asyncDispose]())

const planned = async () => {
  const { db } = opened.database
  const vm = await registerVm(db)
  const id = await startBackup(db, vm)
  await planDisks(db, id, vm.disks)
  const [first, second] = vm.disks
  if (first === undefined || second === undefined) throw new Error('the sample has two disks')
  return { db, id, vm, first: first.id, second: second.id }
}
const bytes = { bytesTotal: 9, bytesRead: 8, bytesStored: 7, bytesSkipped: 1, durationMs: 3 }

test('fifty movers that start at once get the numbers 1 to 50', async () => {
  const { db, id, first } = await planned()
  const numbers = await Promise.all(Array.from({ length: 50 }, () => takeAttempt(db, id, first)))
  expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, n) => n + 1))
})

test('only the current attempt records its copy', async () => {
  const { db, id, first } = await planned()
  const old = await takeAttempt(db, id, first)
  const current = await takeAttempt(db, id, first)
  expect(await recordDiskCopied(db, { backupId: id, diskId: first, attemptNo: old, ...bytes })).toBe(false)
  expect(await diskIfCurrent(db, id, first, old)).toBeUndefined()
  expect(await diskIfCurrent(db, id, first, current)).toMatchObject({ status: 'copying', bytes_read: 0 })
  const [before, now] = [old, current].map((attemptNo) => ({ backupId: id, diskId: first, attemptNo }))
  expect(await isCurrentAttempt(db, before!)).toBe(false)
  expect(await isCurrentAttempt(db, now!)).toBe(true)
  expect(await recordDiskCopied(db, { backupId: id, diskId: first, attemptNo: current, ...bytes })).toBe(true)
  expect(await isCurrentAttempt(db, now!)).toBe(false)
  expect(await diskIfCurrent(db, id, first, current)).toMatchObject({ status: 'copied', bytes_read: 8 })
})

test('nobody writes for a job that is over', async () => {
  const { db, id, first } = await planned()
  const attempt = { backupId: id, diskId: first, attemptNo: await takeAttempt(db, id, first) }
  expect(await isCurrentAttempt(db, attempt)).toBe(true)
  await finishBackup(db, id, { status: 'cancelled', cleanup: 'done', completed_at: new Date().toISOString() })
  expect(await isCurrentAttempt(db, attempt)).toBe(false)
})

test('planning again keeps what has happened since', async () => {
  const { db, id, vm, first } = await planned()
  await takeAttempt(db, id, first)
  await planDisks(db, id, vm.disks)
  expect((await disksOfBackup(db, id)).map((disk) => [disk.attempt_no, disk.status])).toEqual([
    [1, 'copying'],
    [0, 'pending'],
  ])
})

test('planning again takes a disk that waits as it is now, and drops one that is no longer planned', async () => {
  const { db, id, vm, first, second } = await planned()
  const current = await takeAttempt(db, id, first)
  await forgetCopies(db, id)
  const known = vm.disks.filter((disk) => disk.id === first)
  await planDisks(db, id, known, { capacity_bytes: 7, read_mode: 'changed', read_reason: 'grown' })
  expect(await disksOfBackup(db, id)).toMatchObject([
    { disk_id: first, capacity_bytes: 7, read_mode: 'changed', read_reason: 'grown', status: 'pending' },
  ])
  // A mover of before finds its number gone, and the next one's is greater.
  expect(await diskIfCurrent(db, id, first, current)).toBeUndefined()
  expect(await takeAttempt(db, id, first)).toBeGreaterThan(current)
  await planDisks(db, id, known, { capacity_bytes: 9 })
  expect((await disksOfBackup(db, id))[0]).toMatchObject({ capacity_bytes: 7, status: 'copying' })
  expect((await disksOfBackup(db, id)).map((disk) => disk.disk_id)).not.toContain(second)
})

test('all disks are committed or none', async () => {
  const { db, id, first, second } = await planned()
  const copy = async (diskId: string) => {
    const attemptNo = await takeAttempt(db, id, diskId)
    await recordDiskCopied(db, { backupId: id, diskId, attemptNo, ...bytes })
    return attemptNo
  }
  await copy(first)
  expect(await markCommitted(db, id)).toBe(false)
  expect((await disksOfBackup(db, id)).map((disk) => disk.status)).toEqual(['copied', 'pending'])
  const attemptNo = await copy(second)
  expect(await markCommitted(db, id)).toBe(true)
  expect(await markCommitted(db, id)).toBe(true)
  expect(await recordDiskCopied(db, { backupId: id, diskId: second, attemptNo, ...bytes })).toBe(false)
  await expect(takeAttempt(db, id, second)).rejects.toMatchObject({ code: 'conflict', retry: false })
  const plan = { backupId: id, diskId: second, changeId: 'x', readMode: 'full', readReason: 'late' } as const
  expect(await setDiskPlan(db, plan)).toBe(false)
})

test('a plan given with an attempt number is written by the current attempt only', async () => {
  const { db, id, first } = await planned()
  const old = await takeAttempt(db, id, first)
  const current = await takeAttempt(db, id, first)
  const plan = {
    backupId: id,
    diskId: first,
    changeId: '52/9',
    readMode: 'changed',
    readReason: 'base found',
  } as const
  expect(await setDiskPlan(db, { ...plan, attemptNo: old })).toBe(false)
  expect(await setDiskPlan(db, { ...plan, attemptNo: current })).toBe(true)
  expect(await diskIfCurrent(db, id, first, current)).toMatchObject({
    change_id: '52/9',
    read_mode: 'changed',
  })
})

test('an attempt at a disk that is not planned is refused', async () => {
  const { db, id } = await planned()
  await expect(takeAttempt(db, id, 'disk-none')).rejects.toMatchObject({ code: 'not-found' })
})
