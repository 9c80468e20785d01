import { Failure } from '../../domain/failure.js'
import { snapshotPrefix } from '../../domain/rules/names.js'
import { finishBackup } from '../../drizzle/queries/backup-changes.js'
import { backupById } from '../../drizzle/queries/backups.js'
import { installationId } from '../../drizzle/queries/settings.js'
import { openTestDatabase } from '../../drizzle/testing/database.js'
import { makeRepository, registerPlatform, startBackup } from '../../drizzle/testing/samples.js'
import { upsertContext } from '../../drizzle/queries/vm-context-upsert.js'
import { platformConnections } from '../connections.js'
import { openMemory } from '../platforms/memory/connect.js'
import { memoryDatacentre } from '../platforms/memory/datacentre.js'
import { sweepSnapshots } from './sweep-snapshots.js'

// Making the tables syncs each one to disk: seconds on a loaded machine.
jest.setTimeout(60_000)

test('removes what our ended jobs left, whichever VM refuses first, and nothing of open jobs or other installations', async () => {
  await using opened = await openTestDatabase()
  const { db } = opened.database
  using datacentre = memoryDatacentre('sweep-snapshots')
  const platform = await registerPlatform(db, { kind: 'memory', host: datacentre.name, transport: 'memory' })
  await using connections = platformConnections(openMemory, () => Promise.resolve(''), {})
  const { inventory, source } = await connections.to(platform)
  const { id } = datacentre.addVm({ name: 'vm', disks: [65_536] })
  const vm = await inventory.vmById(id)
  const registered = await upsertContext(db, platform, vm, new Date().toISOString())
  const of = { ...registered, platform, repositoryId: await makeRepository(db) }
  const job = async (): Promise<string> =>
    (await backupById(db, await startBackup(db, of)))?.snapshot_token ?? ''
  const [open, ended] = [await job(), await job()]
  const completed_at = new Date().toISOString()
  await finishBackup(db, ended.split(':').at(-1) ?? '', {
    status: 'failed',
    cleanup: 'pending',
    completed_at,
  })
  const lost = `${snapshotPrefix(await installationId(db))}backup-without-a-row`
  const foreign = 'sendense:another:backup-x'
  for (const token of [open, ended, foreign, lost, 'by hand'])
    await source?.takeSnapshot(vm, { token, description: '', quiesce: 'never' })

  datacentre.failNext('removeSnapshot', () => new Failure('vm-busy', 'The VM is busy', { retry: false }))
  const sweep = () => sweepSnapshots({ db, connections, now: () => new Date() })({ platformId: platform.id })
  const left = () => [...(datacentre.vms.get(id)?.snapshots.keys() ?? [])].toSorted()
  await expect(sweep()).rejects.toMatchObject({ code: 'vm-busy' })
  expect(left()).toHaveLength(4)
  expect(await sweep()).toEqual({ removed: 1 })
  expect(left()).toEqual(['by hand', foreign, open].toSorted())
})
