import type { BackupDisk } from '../../domain/backup.js'
import { openTestDatabase } from '../testing/database.js'
import type { TestDatabase } from '../testing/database.js'
import { makeRepository, planDisks, registerVm, startBackup } from '../testing/samples.js'
import {
  doubtOfDisk,
  recordDiskAudit,
  recordUnaudited,
  requestAudit,
  takeAuditAttempt,
} from './backup-audits.js'
import { finishBackup, updateBackup } from './backup-changes.js'
import { disksOfBackup, markCommitted, recordDiskCopied, takeAttempt } from './backup-disks.js'
import { backupById } from './backups.js'

let opened: TestDatabase
beforeAll(async () => {
  opened = await openTestDatabase()
})
afterAll(() => opened?.[Symbol.asyncDispose]())

/** A backup whose first disk is copied by its first attempt. */
const copied = async () => {
  const { db } = opened.database
  const vm = await registerVm(db)
  const backupId = await startBackup(db, vm)
  await planDisks(db, backupId, vm.disks)
  const diskId = vm.disks[0]!.id
  const bytes = { bytesTotal: 1, bytesRead: 1, bytesStored: 1, bytesSkipped: 0, durationMs: 1 }
  await recordDiskCopied(db, {
    backupId,
    diskId,
    attemptNo: await takeAttempt(db, backupId, diskId),
    ...bytes,
  })
  const diskNow = async () => (await disksOfBackup(db, backupId)).find(({ disk_id }) => disk_id === diskId)
  return { db, backupId, diskId, other: vm.disks[1]!.id, diskNow }
}

test('what is to be audited only grows, and not once the backup is over', async () => {
  const { db, backupId } = await copied()
  const scope = async () => (await backupById(db, backupId))?.audit_scope
  expect(await scope()).toBeNull()
  for (const [asked, stands] of [
    ['sample', 'sample'],
    ['sample', 'sample'],
    ['all', 'all'],
    ['sample', 'all'],
  ] as const) {
    expect(await requestAudit(db, backupId, asked)).toBe(true)
    expect(await scope()).toBe(stands)
  }
  await finishBackup(db, backupId, {
    status: 'failed',
    cleanup: 'done',
    completed_at: new Date().toISOString(),
  })
  expect(await requestAudit(db, backupId, 'all')).toBe(false)
})

test('an audit takes the number of a copied disk on and leaves it copied; only its holder writes', async () => {
  const { db, backupId, diskId, other, diskNow } = await copied()
  await expect(takeAuditAttempt(db, backupId, other)).rejects.toMatchObject({ code: 'conflict' })
  const first = await takeAuditAttempt(db, backupId, diskId)
  expect(first).toMatchObject({ attempt_no: 2, status: 'copied' })
  const second = await takeAuditAttempt(db, backupId, diskId)
  const audit = (attemptNo: number, detail: string) =>
    recordDiskAudit(db, { backupId, diskId, attemptNo, result: 'agrees', detail })
  expect(await audit(first.attempt_no, 'late')).toBe(false)
  expect(await audit(second.attempt_no, 'current')).toBe(true)
  expect(await diskNow()).toMatchObject({ audit_result: 'agrees', audit_detail: 'current', status: 'copied' })
  await recordUnaudited(db, backupId, diskId, 'it is away')
  expect(await audit(second.attempt_no, 'late')).toBe(false)
  expect(await diskNow()).toMatchObject({ audit_result: null, audit_detail: 'it is away' })
})

test('a disk that is copied again was never audited; a committed one is audited no more', async () => {
  const { db, backupId, diskId, diskNow } = await copied()
  const { attempt_no: attemptNo } = await takeAuditAttempt(db, backupId, diskId)
  await recordDiskAudit(db, { backupId, diskId, attemptNo, result: 'differs', detail: 'something' })
  const again = await takeAttempt(db, backupId, diskId)
  expect(await diskNow()).toMatchObject({ audit_result: null, audit_detail: null, status: 'copying' })
  await recordDiskCopied(db, {
    ...{ backupId, diskId, attemptNo: again, durationMs: 1 },
    ...{ bytesTotal: 1, bytesRead: 1, bytesStored: 1, bytesSkipped: 0 },
  })
  expect(await markCommitted(db, backupId)).toBe(false)
  for (const { disk_id, status } of await disksOfBackup(db, backupId))
    if (status === 'pending')
      await recordDiskCopied(db, {
        ...{ backupId, diskId: disk_id, attemptNo: await takeAttempt(db, backupId, disk_id), durationMs: 1 },
        ...{ bytesTotal: 1, bytesRead: 1, bytesStored: 1, bytesSkipped: 0 },
      })
  expect(await markCommitted(db, backupId)).toBe(true)
  await expect(takeAuditAttempt(db, backupId, diskId)).rejects.toMatchObject({ code: 'conflict' })
})

test('a disk is in doubt by its completed points of all repositories, in the order of what they hold', async () => {
  const { db } = opened.database
  const vm = await registerVm(db)
  const [disk, other] = [vm.disks[0]!, vm.disks[1]!]
  const made = async (minute: number, change: Partial<BackupDisk>, repositoryId = vm.repositoryId) => {
    const id = await startBackup(db, { ...vm, repositoryId })
    await planDisks(db, id, [disk], change)
    const snapshot_taken_at = `2026-03-01T10:0${minute}:00.000Z`
    await updateBackup(db, id, { snapshot_taken_at }, ['pending'])
    return id
  }
  const complete = (id: string) =>
    finishBackup(db, id, { status: 'completed', cleanup: 'done', completed_at: new Date().toISOString() })
  const doubt = (baseId?: string, diskId = disk.id) =>
    doubtOfDisk(db, diskId, { repositoryId: vm.repositoryId, baseId })
  // What was read whole is written last, and holds the middle.
  const later = await made(3, { read_mode: 'changed', audit_result: 'differs' }, await makeRepository(db))
  const first = await made(1, { bytes_total: disk.capacity_bytes - 1, audit_result: 'differs' })
  const whole = await made(2, {})
  expect(await doubt()).toBeUndefined()
  await complete(first)
  expect(await doubt()).toBe(first)
  await complete(whole)
  expect([await doubt(), await doubt(whole), await doubt(first)]).toEqual([undefined, undefined, first])
  await complete(later)
  expect([await doubt(), await doubt(whole)]).toEqual([later, later])
  expect(await doubt(undefined, other.id)).toBeUndefined()
})
