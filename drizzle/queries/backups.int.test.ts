import { openTestDatabase } from '../testing/database.js'
import type { TestDatabase } from '../testing/database.js'
import { GiB, planDisks, plannedDisk, registerVm, startBackup } from '../testing/samples.js'
import {
  claimBackup,
  deleteBackupRow,
  deletePendingBackup,
  finishBackup,
  markCancelling,
  setCleanup,
  updateBackup,
} from './backup-changes.js'
import { insertDisks, markCommitted, recordDiskCopied, takeAttempt } from './backup-disks.js'
import {
  backupById,
  backupsWithPendingCleanup,
  backupWithDisks,
  chainOf,
  childIdsOf,
  childrenOf,
  latestPoints,
  listBackups,
  openBackups,
} from './backups.js'
import { deletePlatform } from './platforms.js'
import { deleteRepository, reservedBytes } from './repositories.js'
import { deleteContext, disksOf, listContexts } from './vm-contexts.js'

// Making the tables syncs each one to disk: seconds on a loaded machine.
jest.setTimeout(60_000)

let opened: TestDatabase
beforeAll(async () => {
  opened = await openTestDatabase({ connectionLimit: 20 })
})
afterAll(() => opened[Symbol.asyncDispose]())

const now = '2026-05-01T12:00:00.000Z'
const completed = { status: 'completed', cleanup: 'done', completed_at: now } as const

/** A completed backup of the first `count` disks of the VM. */
const point = async (
  vm: Awaited<ReturnType<typeof registerVm>>,
  at: string,
  parent: string | null,
  count = 2,
) => {
  const { db } = opened.database
  const id = await startBackup(db, vm, { created_at: at })
  const disks = vm.disks.slice(0, count)
  await planDisks(db, id, disks, {
    parent_backup_id: parent,
    stored_as: parent === null ? 'root' : 'overlay',
  })
  for (const disk of disks) {
    const attemptNo = await takeAttempt(db, id, disk.id)
    const bytes = { bytesTotal: GiB, bytesRead: GiB, bytesStored: 7, bytesSkipped: 0 }
    await recordDiskCopied(db, {
      backupId: id,
      diskId: disk.id,
      attemptNo,
      durationMs: 12.4,
      ...bytes,
      changeId: `52/${id}`,
    })
  }
  await markCommitted(db, id)
  await finishBackup(db, id, completed)
  return id
}

test('a pending row is taken back only while nobody has claimed it', async () => {
  const { db } = opened.database
  const vm = await registerVm(db)
  const refused = await startBackup(db, vm)
  expect(await deletePendingBackup(db, refused)).toBe(true)
  expect(await backupById(db, refused)).toBeUndefined()
  const running = await startBackup(db, vm)
  await claimBackup(db, running, 'run-1', now)
  expect(await deletePendingBackup(db, running)).toBe(false)
  expect(await backupById(db, running)).toMatchObject({ status: 'running', run_id: 'run-1', started_at: now })
})

test('a refused start and a claim at the same moment: one of them wins, never both', async () => {
  const { db } = opened.database
  const vm = await registerVm(db)
  for (let round = 0; round < 10; round += 1) {
    const id = await startBackup(db, vm)
    const [gone, won] = await Promise.all([deletePendingBackup(db, id), claimBackup(db, id, 'run', now)])
    expect([gone, won].filter(Boolean)).toHaveLength(1)
  }
})

test('of many runs one claims a backup, and it may claim again', async () => {
  const { db } = opened.database
  const id = await startBackup(db, await registerVm(db))
  const runs = Array.from({ length: 20 }, (_, n) => `run-${n}`)
  const won = await Promise.all(runs.map((run) => claimBackup(db, id, run, now)))
  expect(won.filter(Boolean)).toHaveLength(1)
  const winner = runs[won.indexOf(true)] ?? ''
  expect(await claimBackup(db, id, winner, '2026-05-02T00:00:00.000Z')).toBe(true)
  expect((await backupById(db, id))?.started_at).toBe(now)
  await finishBackup(db, id, completed)
  expect(await claimBackup(db, id, winner, now)).toBe(false)
})

test('a backup cancelled before its run claimed it stays cancelling, and is the run’s to end', async () => {
  const { db } = opened.database
  const id = await startBackup(db, await registerVm(db))
  expect(await markCancelling(db, id)).toBe(true)
  expect(await claimBackup(db, id, 'run-1', now)).toBe(true)
  expect(await backupById(db, id)).toMatchObject({ status: 'cancelling', run_id: 'run-1' })
})

test('the first outcome stands', async () => {
  const { db } = opened.database
  const id = await startBackup(db, await registerVm(db))
  const failed = {
    status: 'failed',
    cleanup: 'pending',
    completed_at: now,
    error_code: 'source-fault',
    error_message: 'x',
  } as const
  expect(await finishBackup(db, id, failed)).toBe(true)
  expect(await finishBackup(db, id, completed)).toBe(false)
  expect(await finishBackup(db, id, { ...failed, error_message: 'other' })).toBe(true)
  expect(await markCancelling(db, id)).toBe(false)
  expect(await updateBackup(db, id, { bytes_read: 1 }, ['running'])).toBe(false)
  expect(await backupById(db, id)).toMatchObject({ status: 'failed', error_message: 'x', bytes_read: 0 })
  expect((await backupsWithPendingCleanup(db)).map((row) => row.id)).toContain(id)
  expect(await setCleanup(db, id, 'done')).toBe(true)
  expect((await backupsWithPendingCleanup(db)).map((row) => row.id)).not.toContain(id)
})

test('room is reserved by open backups only', async () => {
  const { db } = opened.database
  const vm = await registerVm(db)
  const large = 7 * 2 ** 50 + 1
  expect(await reservedBytes(db, vm.repositoryId)).toBe(0)
  const first = await startBackup(db, vm, { reserved_bytes: large })
  await startBackup(db, vm, { reserved_bytes: 2 })
  expect(await reservedBytes(db, vm.repositoryId)).toBe(large + 2)
  expect((await openBackups(db)).map((row) => row.id)).toContain(first)
  await finishBackup(db, first, completed)
  expect(await reservedBytes(db, vm.repositoryId)).toBe(2)
})

test('the chain holds completed points, oldest first', async () => {
  const { db } = opened.database
  const vm = await registerVm(db)
  const full = await point(vm, '2026-04-01T00:00:00.000Z', null)
  const increment = await point(vm, '2026-04-02T00:00:00.000Z', full, 1)
  await startBackup(db, vm)
  const chain = await chainOf(db, { vmContextId: vm.context.id, repositoryId: vm.repositoryId })
  expect(chain.map(({ backup, disks }) => [backup.id, disks.length])).toEqual([
    [full, 2],
    [increment, 1],
  ])
  const newest = await latestPoints(db, { vmContextId: vm.context.id, repositoryId: vm.repositoryId })
  expect(newest.map(({ backup, disk }) => [disk.disk_index, backup.id, disk.change_id])).toEqual([
    [0, increment, `52/${increment}`],
    [1, full, `52/${full}`],
  ])
})

test('a parent goes after its children, and a failed child does not hold it', async () => {
  const { db } = opened.database
  const vm = await registerVm(db)
  const full = await point(vm, '2026-04-01T00:00:00.000Z', null)
  const increment = await point(vm, '2026-04-02T00:00:00.000Z', full)
  const failed = await startBackup(db, vm)
  await planDisks(db, failed, vm.disks, { parent_backup_id: full })
  expect((await childrenOf(db, full)).map((row) => row.id)).toEqual([increment, failed])
  expect([...(await childIdsOf(db, [full, increment]))]).toEqual([[full, [increment, failed]]])
  await finishBackup(db, failed, { status: 'failed', cleanup: 'done', completed_at: now })
  expect((await childrenOf(db, full)).map((row) => row.id)).toEqual([increment])
  expect([...(await childIdsOf(db, [full]))]).toEqual([[full, [increment]]])
  expect(await deleteBackupRow(db, full)).toBe('has-children')
  expect((await backupWithDisks(db, failed))?.disks.map((disk) => disk.parent_backup_id)).not.toContain(
    undefined,
  )
  expect(await deleteBackupRow(db, increment)).toBe('deleted')
  expect(await deleteBackupRow(db, full)).toBe('deleted')
  expect(await deleteBackupRow(db, full)).toBe('not-found')
  expect(await backupById(db, failed)).toMatchObject({ status: 'failed' })
})

test('a parent deleted while a child is planned: either the child stands on it or it is gone', async () => {
  const { db } = opened.database
  const vm = await registerVm(db)
  for (let round = 0; round < 8; round += 1) {
    const full = await point(vm, now, null)
    const child = await startBackup(db, vm)
    const rows = vm.disks.map((disk) => plannedDisk(child, disk, { parent_backup_id: full }))
    const planned = insertDisks(db, rows).then(
      () => true,
      () => false,
    )
    const [isPlanned, answer] = await Promise.all([planned, deleteBackupRow(db, full)])
    expect({ isPlanned, answer }).toEqual(
      isPlanned ? { isPlanned, answer: 'has-children' } : { isPlanned, answer: 'deleted' },
    )
    await finishBackup(db, child, { status: 'failed', cleanup: 'done', completed_at: now })
  }
})

test('what is referred to is not deleted', async () => {
  const { db } = opened.database
  const vm = await registerVm(db)
  expect(await deletePlatform(db, vm.platform.id)).toBe('in-use')
  const id = await startBackup(db, vm)
  expect(await deleteRepository(db, vm.repositoryId)).toBe('in-use')
  expect(await deleteContext(db, vm.context.id)).toBe('in-use')
  expect(await disksOf(db, vm.context.id)).toHaveLength(2)
  await deletePendingBackup(db, id)
  expect(await deleteRepository(db, vm.repositoryId)).toBe('deleted')
  expect(await deleteContext(db, vm.context.id)).toBe('deleted')
  expect(await deletePlatform(db, vm.platform.id)).toBe('deleted')
})

test('pages through backups made in the same millisecond without a gap or a repeat', async () => {
  const { db } = opened.database
  const vm = await registerVm(db)
  const ids: string[] = []
  for (let n = 0; n < 7; n += 1)
    ids.push(await startBackup(db, vm, { created_at: n < 5 ? now : '2026-05-02T00:00:00.000Z' }))
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = await listBackups(db, { vm_context_id: vm.context.id }, { limit: 3, cursor })
    expect(page).toMatchObject({ total: 7, total_is_capped: false })
    seen.push(...page.rows.map((row) => row.id))
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)
  expect(seen).toHaveLength(7)
  expect(seen.toSorted()).toEqual(ids.toSorted())
  expect(seen.slice(0, 2).toSorted()).toEqual(ids.slice(5).toSorted())
})

test.each([
  'x',
  'bm90IGpzb24',
  Buffer.from('["never","b"]').toString('base64url'),
  Buffer.from('[1,2,3]').toString('base64url'),
])('the cursor %s is refused as a bad request', async (cursor) => {
  await expect(listBackups(opened.database.db, {}, { limit: 3, cursor })).rejects.toMatchObject({
    code: 'bad-request',
  })
})

test('the list of VMs says what became of the newest backup and how many points there are', async () => {
  const { db } = opened.database
  const vm = await registerVm(db)
  const other = await registerVm(db)
  await point(vm, '2026-04-01T00:00:00.000Z', null)
  const running = await startBackup(db, vm, { created_at: '2026-04-03T00:00:00.000Z' })
  const list = await listContexts(db, { vm_name: 'pgtest2' }, { limit: 500 })
  const row = (id: string) => list.rows.find((one) => one.id === id)
  expect(row(vm.context.id)).toMatchObject({
    last_backup_id: running,
    last_backup_status: 'pending',
    backup_count: 1,
  })
  expect(row(other.context.id)).toMatchObject({ last_backup_id: null, last_backup_at: null, backup_count: 0 })
})
