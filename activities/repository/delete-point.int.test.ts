import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { updateBackup } from '../../drizzle/queries/backup-changes.js'
import { backupById } from '../../drizzle/queries/backups.js'
import { pinsOn, planDisksOver, releasePins, takeChainPins, takePins } from '../../drizzle/queries/pins.js'
import type { PinPurpose } from '../../domain/backup.js'
import { plannedDisk } from '../../drizzle/testing/samples.js'
import { deletePoint } from './delete-point.js'
import { manifestPath } from './layout.js'
import { filesOfRepository, filesOfVm, removeBackupFiles, retireManifest } from './point-files.js'
import { sweepRepository } from './sweep-repository.js'
import { diskContents, openPointLab } from './testing/point-lab.js'
import type { PointLab, TestPoint } from './testing/point-lab.js'
import { verifyBackup } from './verify-backup.js'

jest.setTimeout(120_000)

let lab: PointLab
beforeEach(async () => {
  lab = await openPointLab()
})
afterEach(() => lab[Symbol.asyncDispose]())

const owner = { owner: 'delete:a-point', runId: 'run-1' }
const request = (...points: readonly string[]) => ({
  backupId: points[0] ?? '',
  repositoryId: lab.repository.id,
  vmContextId: lab.registered.context.id,
  vmName: 'pgtest2',
  points,
  workflowId: owner.owner,
  runId: owner.runId,
})
/** As the workflow does it: what is pinned is deleted. */
const remove = async (...points: readonly TestPoint[]): Promise<void> => {
  const ids = points.map(({ id }) => id)
  expect(await takePins(lab.needs.db, ids, { ...owner, purpose: 'delete' })).toMatchObject({ kind: 'taken' })
  await lab.run(deletePoint(lab.needs), request(...ids)).finally(() => releasePins(lab.needs.db, owner))
}
const sweep = () =>
  lab.run(sweepRepository(lab.needs), {
    repositoryId: lab.repository.id,
    workflowId: 'sweep-leftovers',
    runId: 'run-9',
  })
const files = () => filesOfRepository(lab.repository.path)
const manifestFile = ({ id }: TestPoint): string =>
  manifestPath(lab.repository.path, lab.registered.context.id, id)
const verified = async ({ id }: TestPoint): Promise<string> =>
  (
    await lab.run(verifyBackup(lab.needs), {
      backupId: id,
      repositoryId: lab.repository.id,
      vmName: 'pgtest2',
    })
  ).result
const threePoints = async (): Promise<[TestPoint, TestPoint, TestPoint]> => {
  const root = await lab.point()
  const middle = await lab.point(diskContents(), root)
  return [root, middle, await lab.point(diskContents(), middle)]
}

describe('a point', () => {
  test('that is a leaf goes: manifest, row, pins and files; again is fine', async () => {
    const point = await lab.point()
    await remove(point)
    expect(await backupById(lab.needs.db, point.id)).toBeUndefined()
    expect(await files()).toEqual([])
    await lab.run(deletePoint(lab.needs), request(point.id))
  })

  test('with children is refused, names them and changes nothing', async () => {
    const full = await lab.point()
    const child = await lab.point(diskContents(), full)
    const refused = { code: 'point-has-children', message: expect.stringContaining(child.id) as string }
    await expect(remove(full)).rejects.toMatchObject(refused)
    expect(await verified(full)).toBe('good')
    await remove(child)
    await remove(full)
    expect(await files()).toEqual([])
  })

  test('stays for a child that only its manifest tells of', async () => {
    const full = await lab.point()
    const child = await lab.point(diskContents(), full)
    const kept = await readFile(manifestFile(child))
    await remove(child)
    await writeFile(manifestFile(child), kept)
    await expect(remove(full)).rejects.toMatchObject({ code: 'point-has-children' })
  })

  test('that is still being made is refused', async () => {
    const point = await lab.plan(diskContents())
    await expect(remove(point)).rejects.toMatchObject({ code: 'conflict' })
  })

  test('on an unmounted share keeps everything, its row too', async () => {
    const point = await lab.point()
    await rename(lab.repository.path, `${lab.repository.path}.away`)
    await mkdir(lab.repository.path)
    await expect(remove(point)).rejects.toMatchObject({ code: 'repository-marker' })
    expect(await backupById(lab.needs.db, point.id)).toBeDefined()
  })

  test('is left alone by whoever has lost the right to delete it', async () => {
    const point = await lab.point()
    await expect(lab.run(deletePoint(lab.needs), request(point.id))).rejects.toMatchObject({
      code: 'lease-lost',
    })
    await takePins(lab.needs.db, [point.id], { ...owner, runId: 'run-2', purpose: 'delete' })
    await expect(lab.run(deletePoint(lab.needs), request(point.id))).rejects.toMatchObject({
      code: 'lease-lost',
    })
    expect(await verified(point)).toBe('good')
  })
})

test('a path that leads out of the repository is refused', async () => {
  await lab.point()
  for (const vmContextId of ['../../etc', '..', 'a/b'])
    await expect(
      lab.run(deletePoint(lab.needs), { ...request('unknown'), vmContextId }),
    ).rejects.toMatchObject({ code: 'bad-request' })
})

describe('a chain', () => {
  test('goes as a whole and leaves an empty directory', async () => {
    const [root, middle, leaf] = await threePoints()
    const alone = await lab.point()
    const pinned = await takeChainPins(lab.needs.db, middle.id, { ...owner, purpose: 'delete' })
    expect(pinned).toEqual({ kind: 'taken', backupIds: [leaf.id, middle.id, root.id] })
    await lab.run(deletePoint(lab.needs), request(leaf.id, middle.id, root.id))
    for (const { id } of [root, middle, leaf]) expect(await backupById(lab.needs.db, id)).toBeUndefined()
    expect(new Set((await files()).map(({ backupId }) => backupId))).toEqual(new Set([alone.id]))
    expect(await verified(alone)).toBe('good')
    await remove(alone)
    expect(await files()).toEqual([])
  })

  test('of which an unknown increment needs one is not touched at all', async () => {
    const [root, middle, leaf] = await threePoints()
    const kept = await readFile(manifestFile(leaf))
    await remove(leaf)
    await writeFile(manifestFile(leaf), kept)
    await expect(remove(middle, root)).rejects.toMatchObject({ code: 'point-has-children' })
    for (const point of [root, middle]) expect(await verified(point)).toBe('good')
  })

  const vm = () => lab.registered.context.id
  // Everything that a kill can leave behind between two durable steps of a delete of leaf, middle, root.
  test.each<{ readonly after: string; readonly cut: (leaf: TestPoint) => Promise<unknown> }>([
    { after: 'the pins', cut: async () => undefined },
    { after: "the leaf's manifest", cut: (leaf) => retireManifest(lab.repository.path, vm(), leaf.id) },
    {
      after: "the leaf's row",
      cut: async (leaf) => {
        const image = await readFile(lab.files(leaf, 0).image)
        const digests = await readFile(lab.files(leaf, 0).digests)
        const manifest = await readFile(manifestFile(leaf))
        await lab.run(deletePoint(lab.needs), request(leaf.id))
        await writeFile(lab.files(leaf, 0).image, image)
        await writeFile(lab.files(leaf, 0).digests, digests)
        await writeFile(`${manifestFile(leaf)}.deleted`, manifest)
      },
    },
    { after: 'the leaf', cut: (leaf) => lab.run(deletePoint(lab.needs), request(leaf.id)) },
    {
      after: 'the files of a leaf whose manifest was left',
      cut: async (leaf) => {
        await retireManifest(lab.repository.path, vm(), leaf.id)
        await removeBackupFiles(lab.repository.path, vm(), leaf.id)
      },
    },
  ])('cut short after $after is a shorter one, and the next call ends it', async ({ cut }) => {
    const [root, middle, leaf] = await threePoints()
    await takeChainPins(lab.needs.db, root.id, { ...owner, purpose: 'delete' })
    await cut(leaf)
    for (const point of [root, middle]) expect(await verified(point)).toBe('good')
    await lab.run(deletePoint(lab.needs), request(leaf.id, middle.id, root.id))
    expect(await files()).toEqual([])
    for (const { id } of [root, middle, leaf]) expect(await backupById(lab.needs.db, id)).toBeUndefined()
  })

  test('cut short for good is a shorter chain that increments can be stored over', async () => {
    const [root, middle, leaf] = await threePoints()
    await takeChainPins(lab.needs.db, root.id, { ...owner, purpose: 'delete' })
    await retireManifest(lab.repository.path, vm(), leaf.id)
    // Its workflow is over: the sweep lets its pins go before it looks at the files.
    await releasePins(lab.needs.db, owner)
    await sweep()
    expect(await backupById(lab.needs.db, leaf.id)).toBeUndefined()
    expect((await filesOfVm(lab.repository.path, vm())).some(({ backupId }) => backupId === leaf.id)).toBe(
      false,
    )
    const next = await lab.point(diskContents(), middle)
    for (const point of [root, middle, next]) expect(await verified(point)).toBe('good')
  })
})

describe('a delete that was cut short after the manifest', () => {
  const cutShort = async (): Promise<TestPoint> => {
    const point = await lab.point()
    await retireManifest(lab.repository.path, lab.registered.context.id, point.id)
    return point
  }

  test('is finished by the sweep', async () => {
    const point = await cutShort()
    expect((await sweep()).removed).toBe(5)
    expect(await backupById(lab.needs.db, point.id)).toBeUndefined()
    expect(await files()).toEqual([])
  })

  test('is left alone while its workflow is still at it', async () => {
    const point = await cutShort()
    await takePins(lab.needs.db, [point.id], { ...owner, purpose: 'delete' })
    expect((await sweep()).removed).toBe(0)
    expect(await backupById(lab.needs.db, point.id)).toBeDefined()
    await lab.run(deletePoint(lab.needs), request(point.id))
    expect(await files()).toEqual([])
  })

  test.each<PinPurpose>(['base', 'read', 'verify'])('is taken back for a new pin to %s', async (purpose) => {
    const point = await cutShort()
    await takePins(lab.needs.db, [point.id], { owner: 'somebody', runId: 'run-5', purpose })
    expect((await sweep()).removed).toBe(0)
    expect(await verified(point)).toBe('good')
    expect(await pinsOn(lab.needs.db, [point.id])).toMatchObject([{ owner: 'somebody', purpose }])
  })

  test('is taken back for an increment that was planned upon it', async () => {
    const point = await cutShort()
    const child = await lab.plan(diskContents(), point)
    expect((await sweep()).removed).toBe(0)
    expect(await verified(point)).toBe('good')
    await updateBackup(lab.needs.db, child.id, { status: 'failed' }, ['running'])
    await remove(point)
    expect(await files()).toEqual([])
  })
})

test('a plan over a point that is being deleted is refused as a whole; without it, it stands and holds its base', async () => {
  const { db } = lab.needs
  const point = await lab.point()
  const next = await lab.plan(diskContents())
  const disks = (parent: string | null) =>
    lab.registered.disks.map((disk) => plannedDisk(next.id, disk, { parent_backup_id: parent }))
  await takePins(db, [point.id], { ...owner, purpose: 'delete' })
  const run = { owner: 'backup:ctx', runId: 'run-7' }
  expect(await planDisksOver(db, disks(point.id), run)).toMatchObject({ kind: 'held' })
  await releasePins(db, owner)
  expect(await planDisksOver(db, disks(point.id), run)).toMatchObject({ kind: 'taken' })
  expect(await pinsOn(db, [point.id])).toMatchObject([{ purpose: 'base', ...run }])
  // Planned anew, over nothing: the base is let go.
  expect(await planDisksOver(db, disks(null), run)).toMatchObject({ kind: 'taken' })
  expect(await pinsOn(db, [point.id])).toEqual([])
})
