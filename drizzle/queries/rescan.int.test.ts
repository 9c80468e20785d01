import { openTestDatabase } from '../testing/database.js'
import type { TestDatabase } from '../testing/database.js'
import { GiB, aDisk, aManifest, aVm, makeRepository, registerPlatform } from '../testing/samples.js'
import { backupWithDisks, chainOf } from './backups.js'
import { credentialById } from './credentials.js'
import { platformById } from './platforms.js'
import { restoreBackupFromManifest } from './rescan.js'
import { upsertContext } from './vm-context-upsert.js'
import { contextById, disksOf } from './vm-contexts.js'

// Making the tables syncs each one to disk: seconds on a loaded machine.
jest.setTimeout(60_000)

let opened: TestDatabase
beforeAll(async () => {
  opened = await openTestDatabase()
})
afterAll(() => opened[Symbol.asyncDispose]())

const manifestPath = 'pgtest2/points/x.json'

test('an empty database gets platform, VM, disks and point from one manifest, and once only', async () => {
  const { db } = opened.database
  const repositoryId = await makeRepository(db)
  const manifest = aManifest(aVm())
  const found = { manifest, manifestPath, repositoryId }
  expect(await restoreBackupFromManifest(db, found)).toEqual({ kind: 'restored' })
  expect(await restoreBackupFromManifest(db, found)).toEqual({ kind: 'known' })
  const platform = await platformById(db, manifest.platform.id)
  expect(platform).toMatchObject({ host: manifest.platform.host, tls: { mode: 'verify' }, username: '' })
  expect(await credentialById(db, platform?.credential_id ?? '')).toMatchObject({ sealed: '' })
  expect(await contextById(db, manifest.vm_context_id)).toMatchObject({
    vm_name: 'pgtest2',
    instance_uuid: manifest.vm.id,
  })
  const point = await backupWithDisks(db, manifest.backup_id)
  expect(point?.backup).toMatchObject({
    status: 'completed',
    manifest_path: manifestPath,
    warnings: ['quiescing failed'],
    bytes_read: 2 * GiB,
    total_bytes: 8 * GiB,
    created_at: manifest.created_at,
  })
  expect(point?.disks.map((disk) => [disk.disk_id, disk.file_name, disk.change_id, disk.status])).toEqual(
    manifest.disks.map((disk) => [disk.disk_id, disk.file, '52 ab/7', 'committed']),
  )
})

test('an increment waits for its parent', async () => {
  const { db } = opened.database
  const repositoryId = await makeRepository(db)
  const vm = aVm()
  const full = aManifest(vm)
  const increment = aManifest(vm, {
    platform: full.platform,
    vm_context_id: full.vm_context_id,
    backup_type: 'incremental',
    created_at: '2026-03-02T10:00:00.000Z',
    snapshot_taken_at: '2026-03-02T10:00:01.000Z',
    disks: full.disks.map((disk) => ({
      ...disk,
      stored_as: 'overlay' as const,
      parent_backup_id: full.backup_id,
    })),
  })
  const bring = (manifest: typeof full) =>
    restoreBackupFromManifest(db, { manifest, manifestPath, repositoryId })
  expect(await bring(increment)).toEqual({ kind: 'parent-missing', parentBackupId: full.backup_id })
  expect(await bring(full)).toEqual({ kind: 'restored' })
  expect(await bring(increment)).toEqual({ kind: 'restored' })
  const chain = await chainOf(db, { vmContextId: full.vm_context_id, repositoryId })
  expect(chain.map(({ backup }) => backup.id)).toEqual([full.backup_id, increment.backup_id])
})

test('a VM that was registered anew keeps what discovery said, and an older point’s lost disk is added as absent', async () => {
  const { db } = opened.database
  const repositoryId = await makeRepository(db)
  const platform = await registerPlatform(db, { host: 'anew.example' })
  const vm = aVm()
  const now = await upsertContext(
    db,
    platform,
    { ...vm, name: 'renamed', disks: [aDisk(2001)] },
    '2026-04-01T00:00:00.000Z',
  )
  const manifest = aManifest(vm, {
    platform: { id: 'platform-old', kind: 'vmware', name: 'old', host: 'anew.example' },
  })
  await restoreBackupFromManifest(db, { manifest, manifestPath, repositoryId })
  expect(await platformById(db, 'platform-old')).toBeUndefined()
  const point = await backupWithDisks(db, manifest.backup_id)
  expect(point?.backup).toMatchObject({ vm_context_id: now.context.id, platform_id: platform.id })
  expect(await contextById(db, now.context.id)).toEqual(now.context)
  const disks = await disksOf(db, now.context.id)
  expect(disks.map((disk) => [disk.disk_index, disk.backing_uuid, disk.present])).toEqual([
    [0, 'uuid-2001', true],
    [1, 'uuid-2000', false],
  ])
  expect(point?.disks.map((disk) => disk.disk_id)).toEqual(disks.map((disk) => disk.id))
})

test('a manifest of an unknown platform kind is refused and nothing stays of it', async () => {
  const { db } = opened.database
  const repositoryId = await makeRepository(db)
  const manifest = aManifest(aVm(), { platform: { id: 'platform-x', kind: 'hyperv', name: 'x', host: 'x' } })
  await expect(restoreBackupFromManifest(db, { manifest, manifestPath, repositoryId })).rejects.toMatchObject(
    {
      code: 'point-damaged',
    },
  )
  expect(await backupWithDisks(db, manifest.backup_id)).toBeUndefined()
})
