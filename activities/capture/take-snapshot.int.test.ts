import { disksOfBackup, insertDisks } from '../../drizzle/queries/backup-disks.js'
import { updateBackup } from '../../drizzle/queries/backup-changes.js'
import { backupById, openBackupStatuses } from '../../drizzle/queries/backups.js'
import { saveDiscovery } from '../../drizzle/queries/discovered-vms.js'
import { upsertContext } from '../../drizzle/queries/vm-context-upsert.js'
import { openTestDatabase } from '../../drizzle/testing/database.js'
import { makeRepository, plannedDisk, registerPlatform, startBackup } from '../../drizzle/testing/samples.js'
import { platformConnections } from '../connections.js'
import { openMemory } from '../platforms/memory/connect.js'
import { memoryDatacentre } from '../platforms/memory/datacentre.js'
import { takeSnapshot } from './take-snapshot.js'

jest.setTimeout(60_000)

test('a snapshot of another moment forgets what was copied of an earlier one; an adopted one keeps it', async () => {
  await using opened = await openTestDatabase()
  const { db } = opened.database
  using datacentre = memoryDatacentre('take-snapshot')
  const platform = await registerPlatform(db, { kind: 'memory', host: datacentre.name, transport: 'memory' })
  await using connections = platformConnections(openMemory, () => Promise.resolve(''), {})
  const { inventory, source } = await connections.to(platform)
  const vm = await inventory.vmById(datacentre.addVm({ name: 'vm', disks: [65_536] }).id)
  const registered = await upsertContext(db, platform, vm, new Date().toISOString())
  const backupId = await startBackup(db, { ...registered, platform, repositoryId: await makeRepository(db) })
  await saveDiscovery(db, backupId, platform.id, [vm])
  const [disk] = registered.disks
  await insertDisks(db, [plannedDisk(backupId, disk!, { status: 'copied', attempt_no: 1 })])
  const step = takeSnapshot({
    db,
    connections,
    fullEvery: { days: 7, points: 30 },
    now: () => new Date(),
  })
  const status = async () => (await disksOfBackup(db, backupId)).map((row) => [row.status, row.attempt_no])

  const { reference } = await step({ backupId })
  expect(await status()).toEqual([['copied', 1]])
  expect(await step({ backupId })).toMatchObject({ reference, adopted: true })
  expect(await status()).toEqual([['copied', 1]])

  const { snapshot_token: token } = (await backupById(db, backupId))!
  await source?.removeSnapshot(vm.id, token)
  await updateBackup(db, backupId, { snapshot_reference: 'snapshot-before' }, openBackupStatuses)
  expect(await step({ backupId })).toMatchObject({ adopted: false })
  expect(await status()).toEqual([['pending', 2]])
})
