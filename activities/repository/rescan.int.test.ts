import { readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { backupWithDisks } from '../../drizzle/queries/backups.js'
import { insertRepository, repositoryById } from '../../drizzle/queries/repositories.js'
import { contextById, disksOf } from '../../drizzle/queries/vm-contexts.js'
import { openTestDatabase } from '../../drizzle/testing/database.js'
import type { TestDatabase } from '../../drizzle/testing/database.js'
import { restoredColumns } from '../../drizzle/testing/restored-columns.js'
import { manifestPath } from './layout.js'
import { rescanRepository } from './rescan-repository.js'
import { diskContents, openPointLab } from './testing/point-lab.js'
import type { PointLab, TestPoint } from './testing/point-lab.js'
import { verifyBackup } from './verify-backup.js'

jest.setTimeout(60_000)

let lab: PointLab
let empty: TestDatabase
beforeEach(async () => {
  lab = await openPointLab()
  empty = await openTestDatabase()
})
afterEach(async () => {
  await empty[Symbol.asyncDispose]()
  await lab[Symbol.asyncDispose]()
})

const takeOver = (marker = lab.repository.marker): Promise<number> =>
  insertRepository(empty.database.db, {
    name: 'found again',
    repository_type: 'local',
    path: lab.repository.path,
    marker,
    enabled: true,
  })

const rescan = (repositoryId: number) =>
  lab.run(rescanRepository({ db: empty.database.db }), { repositoryId })

const manifestFile = (point: TestPoint): string =>
  manifestPath(lab.repository.path, lab.registered.context.id, point.id)

test('an empty database has the same VMs, disks and points again, and can read them', async () => {
  const full = await lab.point()
  const child = await lab.point(diskContents(), full)
  const repositoryId = await takeOver()
  expect(await rescan(repositoryId)).toEqual({ pointsFound: 2, pointsRestored: 2, pointsRefused: [] })
  const { db } = empty.database
  for (const point of [full, child]) {
    const [after, before] = [
      await backupWithDisks(db, point.id),
      await backupWithDisks(lab.needs.db, point.id),
    ]
    expect(restoredColumns.backup(after?.backup)).toEqual(restoredColumns.backup(before?.backup))
    expect(after?.disks).toEqual(before?.disks)
  }
  const context = lab.registered.context.id
  expect(restoredColumns.context(await contextById(db, context))).toEqual(
    restoredColumns.context(lab.registered.context),
  )
  expect(await disksOf(db, context)).toEqual(await disksOf(lab.needs.db, context))
  const verified = await lab.run(verifyBackup({ ...lab.needs, db }), {
    backupId: child.id,
    repositoryId,
    vmName: 'pgtest2',
  })
  expect(verified.result).toBe('good')
  expect(await rescan(repositoryId)).toEqual({ pointsFound: 2, pointsRestored: 0, pointsRefused: [] })
})

test('a point whose files or manifest are not what they were is refused with the reason, the others come back', async () => {
  const points: TestPoint[] = []
  for (let index = 0; index < 6; index++) points.push(await lab.point(diskContents().slice(0, 1)))
  const [good, cut, gone, newer, foreign, torn] = points as [
    TestPoint,
    TestPoint,
    TestPoint,
    TestPoint,
    TestPoint,
    TestPoint,
  ]
  await truncate(lab.files(cut, 0).digests, 4096)
  await rm(lab.files(gone, 0).image)
  const edit = async (point: TestPoint, change: (text: string) => string) =>
    writeFile(manifestFile(point), change(await readFile(manifestFile(point), 'utf8')))
  await edit(newer, (text) => text.replace('"version": 1', '"version": 2'))
  await edit(foreign, (text) => text.replace(lab.repository.marker, 'another-marker'))
  await edit(torn, (text) => text.slice(0, 100))
  const result = await rescan(await takeOver())
  expect(result).toMatchObject({ pointsFound: 6, pointsRestored: 1 })
  const reasonOf = (point: TestPoint) =>
    result.pointsRefused.find((reason) => reason.startsWith(`${point.id}: `))
  expect(reasonOf(cut)).toMatch(/digest file is not the one/)
  expect(reasonOf(gone)).toMatch(/\.qcow2 is not there/)
  expect(reasonOf(newer)).toMatch(/newer version/)
  expect(reasonOf(foreign)).toMatch(/belongs to repository another-marker/)
  expect(reasonOf(torn)).toMatch(/not JSON/)
  expect(reasonOf(good)).toBeUndefined()
  expect(await backupWithDisks(empty.database.db, good.id)).toBeDefined()
})

test('a manifest that names files outside its place is refused', async () => {
  const point = await lab.point(diskContents().slice(0, 1))
  const text = await readFile(manifestFile(point), 'utf8')
  const diskId = point.rows[0]?.disk_id ?? ''
  await writeFile(
    manifestFile(point),
    text.replace(`disks/${diskId}/${point.id}.qcow2`, '../../../etc/passwd'),
  )
  expect((await rescan(await takeOver())).pointsRefused).toEqual([
    `${point.id}: disk Hard disk 1 names files outside its own place`,
  ])
})

test('an increment without its parent is refused', async () => {
  const full = await lab.point()
  const child = await lab.point(diskContents(), full)
  await rm(manifestFile(full))
  const result = await rescan(await takeOver())
  expect(result).toMatchObject({ pointsFound: 1, pointsRestored: 0 })
  expect(result.pointsRefused).toEqual([expect.stringContaining(`${child.id}: `)])
})

test('a directory with another marker is not read at all', async () => {
  await lab.point()
  const id = await takeOver('not-this-one')
  await expect(rescan(id)).rejects.toMatchObject({ code: 'repository-marker' })
  expect((await repositoryById(empty.database.db, id))?.marker).toBe('not-this-one')
})
