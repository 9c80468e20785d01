import { randomBytes } from 'node:crypto'
import type { BackupInput } from '../../domain/backup.js'
import { snapshotToken, workflowIds } from '../../domain/rules/names.js'
import { deletePendingBackup, finishBackup } from '../../drizzle/queries/backup-changes.js'
import { backupById } from '../../drizzle/queries/backups.js'
import { installationId } from '../../drizzle/queries/settings.js'
import { openTestDatabase } from '../../drizzle/testing/database.js'
import type { TestDatabase } from '../../drizzle/testing/database.js'
import { registerVm, startBackup } from '../../drizzle/testing/samples.js'
import type { RegisteredVm } from '../../drizzle/testing/samples.js'
import { claimBackup } from './claim-backup.js'

// Making the tables syncs each one to disk: seconds on a loaded machine.
jest.setTimeout(60_000)

let opened: TestDatabase
let vm: RegisteredVm
beforeAll(async () => {
  opened = await openTestDatabase({ connectionLimit: 20 })
  vm = await registerVm(opened.database.db)
})
afterAll(() => opened[Symbol.asyncDispose]())

const at = '2026-05-01T12:00:00.000Z'
const input = (change: Partial<BackupInput> = {}): BackupInput => ({
  backupId: `backup-pgtest2-${randomBytes(4).toString('hex')}`,
  vmContextId: vm.context.id,
  repositoryId: vm.repositoryId,
  requestedType: 'auto',
  quiesce: 'require',
  excludeDisks: [vm.disks[1]?.id ?? ''],
  vmName: 'told by somebody',
  ...change,
})

const settings = { heartbeatSeconds: 30, pauseMinutes: 60, roomCheckSeconds: 30, undoSeconds: 600 }
const claim = (backup: BackupInput, change: { runId?: string; workflowId?: string } = {}) =>
  claimBackup({
    db: opened.database.db,
    now: () => new Date(at),
    site: 'local',
    ...settings,
  })({
    backup,
    backupId: backup.backupId,
    workflowId: workflowIds.backup(backup.vmContextId),
    runId: 'run-1',
    ...change,
  })

test('a row that the API took back is made from the run’s input, once', async () => {
  const { db } = opened.database
  const backupId = await startBackup(db, vm)
  await deletePendingBackup(db, backupId)
  const asked = input({ backupId })
  expect(await claim(asked)).toEqual({ site: 'local', ...settings })
  const row = await backupById(db, backupId)
  expect(row).toMatchObject({
    status: 'running',
    run_id: 'run-1',
    vm_context_id: vm.context.id,
    vm_name: vm.context.vm_name,
    repository_id: vm.repositoryId,
    platform_id: vm.platform.id,
    requested_type: 'auto',
    quiesce: 'require',
    exclude_disks: asked.excludeDisks,
    workflow_id: `backup:${vm.context.id}`,
    snapshot_token: snapshotToken(await installationId(db), backupId),
    created_at: at,
    started_at: at,
  })
  await claim(asked)
  expect(await backupById(db, backupId)).toEqual(row)
})

test('the API’s own row is claimed as it stands', async () => {
  const { db } = opened.database
  const backupId = await startBackup(db, vm, { reserved_bytes: 77 })
  await claim(input({ backupId }))
  expect(await backupById(db, backupId)).toMatchObject({
    status: 'running',
    created_by: 'operator',
    reserved_bytes: 77,
    exclude_disks: [],
  })
})

test('a claim and the API’s taking back at the same moment leave a running row', async () => {
  const { db } = opened.database
  for (let round = 0; round < 10; round += 1) {
    const backupId = await startBackup(db, vm)
    const asked = input({ backupId })
    const [claimed] = await Promise.allSettled([claim(asked), deletePendingBackup(db, backupId)])
    // Lost against the other: Temporal tries again.
    if (claimed.status === 'rejected') {
      expect(claimed.reason).toMatchObject({ code: 'conflict', retry: true })
      await claim(asked)
    }
    expect(await backupById(db, backupId)).toMatchObject({ status: 'running', run_id: 'run-1' })
  }
})

test('an ended or foreign row is not claimed', async () => {
  const { db } = opened.database
  const ended = await startBackup(db, vm)
  await finishBackup(db, ended, { status: 'failed', cleanup: 'done', completed_at: at })
  await expect(claim(input({ backupId: ended }))).rejects.toMatchObject({ code: 'conflict', retry: false })
  const running = await startBackup(db, vm)
  await claim(input({ backupId: running }))
  await expect(claim(input({ backupId: running }), { runId: 'run-2' })).rejects.toMatchObject({
    code: 'conflict',
  })
  const other = await registerVm(db)
  const ofOther = await startBackup(db, other)
  await expect(claim(input({ backupId: ofOther }))).rejects.toThrow(/belongs to another backup/)
  expect(await backupById(db, ofOther)).toMatchObject({ status: 'pending', run_id: null })
})

test.each<[string, () => Partial<BackupInput>, { code: string }]>([
  ['an unknown VM', () => ({ vmContextId: 'ctx-nobody' }), { code: 'not-found' }],
  ['an unknown repository', () => ({ repositoryId: 4711 }), { code: 'not-found' }],
  ['an unknown disk', () => ({ excludeDisks: ['disk-nobody'] }), { code: 'bad-request' }],
  ['an id that leaves the repository', () => ({ backupId: '../x' }), { code: 'bad-request' }],
  ['an id too long for a snapshot', () => ({ backupId: 'b'.repeat(59) }), { code: 'bad-request' }],
  ['no input', () => ({ quiesce: undefined as never }), { code: 'bad-request' }],
])('%s in the input is refused for good, and leaves no row', async (_name, change, refusal) => {
  const asked = input(change())
  await expect(claim(asked)).rejects.toMatchObject({ ...refusal, retry: false })
  expect(await backupById(opened.database.db, asked.backupId)).toBeUndefined()
})

test('an id of 58 characters is the longest that fits', async () => {
  await expect(claim(input({ backupId: 'b'.repeat(58) }))).resolves.toBeDefined()
})

test('a run under another id than the VM’s lock is refused', async () => {
  await expect(claim(input(), { workflowId: 'my-backup' })).rejects.toMatchObject({
    code: 'bad-request',
    message: expect.stringContaining(`backup:${vm.context.id}`) as string,
  })
})
