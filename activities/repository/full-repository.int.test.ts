import { readdir, rename } from 'node:fs/promises'
import path from 'node:path'
import { mountSmallFileSystem, testOnSmallFileSystem } from '../../dev/testing/small-file-system.js'
import type { SmallFileSystem } from '../../dev/testing/small-file-system.js'
import type { Failure } from '../../domain/failure.js'
import { disksOfBackup, setDiskPlan } from '../../drizzle/queries/backup-disks.js'
import { backupById } from '../../drizzle/queries/backups.js'
import { releasePins, takePins } from '../../drizzle/queries/pins.js'
import { openDigestWriter } from '../blocks/digest-writer.js'
import { copyDisk } from '../transfer/copy-disk.js'
import { roomRanOut } from '../transfer/room-ran-out.js'
import { openTransfer } from '../transfer/testing/memory-source.js'
import { commitPoint } from './commit-point.js'
import { deletePoint } from './delete-point.js'
import { discardPoint } from './discard-point.js'
import { inspectRepository } from './inspect-repository.js'
import { markerFileName } from './layout.js'
import { lookForRoom } from './look-for-room.js'
import { diskContents, openPointLab } from './testing/point-lab.js'
import type { PointLab, TestPoint } from './testing/point-lab.js'

jest.setTimeout(60_000)
const { it, why: skipped } = testOnSmallFileSystem()
const MiB = 2 ** 20

let small: SmallFileSystem
let lab: PointLab
beforeEach(async () => {
  if (skipped !== '') return
  small = await mountSmallFileSystem(128)
  lab = await openPointLab({ repositoryPath: small.path })
})
afterEach(async () => {
  await lab?.[Symbol.asyncDispose]()
  await small?.[Symbol.asyncDispose]()
})

const filesOf = async (id: string): Promise<string[]> =>
  (await readdir(small.path, { recursive: true })).filter((name) => name.includes(id)).sort()
const diskOf = (point: TestPoint, index = 0): string => point.rows[index]?.disk_id ?? ''
const look = (point: TestPoint, neededBytes: number) =>
  lab.run(lookForRoom(lab.needs), { repositoryId: lab.repository.id, jobId: point.id, neededBytes })
const caught = (failing: Promise<unknown>): Promise<unknown> =>
  failing.then(
    () => undefined,
    (error: unknown) => error,
  )

it(`a full repository is told with its numbers, and what is needed of it is known${skipped}`, async () => {
  const { db } = lab.needs
  const point = await lab.plan(diskContents())
  await small.fill(10 * MiB)
  const refused = await caught(lab.reserve(point, 0, 40 * MiB))
  expect(await roomRanOut(db, point.id, refused)).toMatchObject({
    code: 'repository-full',
    retry: false,
    message: `Repository ${lab.repository.name} is full: 10 MiB free of 128 MiB, 40 MiB still to be written`,
    facts: { left_bytes: 40 * MiB, whole_bytes: 40 * MiB, total_bytes: 128 * MiB },
  })
  expect((await backupById(db, point.id))?.reserved_bytes).toBe(0)
  const never = await caught(lab.reserve(point, 0, 200 * MiB))
  const hopeless = (await roomRanOut(db, point.id, never)) as Failure
  expect(hopeless.message).toMatch(/is too small: it holds 128 MiB, and this backup alone may take 200 MiB$/)
  expect(hopeless.facts).not.toHaveProperty('left_bytes')
})

it(`an increment refused before its first byte is waited for with all that it needs${skipped}`, async () => {
  const contents = [Buffer.alloc(96 * MiB)]
  const point = await lab.plan(contents, await lab.point(contents))
  const ids = { backupId: point.id, diskId: diskOf(point) }
  // As pre-flight leaves it: what is read of a disk is known to its mover only.
  await setDiskPlan(lab.needs.db, {
    ...ids,
    ...{ changeId: null, readMode: 'full', readReason: 'not known yet' },
  })
  await small.fill(80 * MiB)
  const changed = () => [{ offset: 0, length: 90 * MiB }]
  await using transfer = openTransfer(lab, { rows: point.rows, contents, changed })
  const copied = await caught(lab.run(copyDisk(transfer.dependencies), { ...ids, heartbeatSeconds: 10 }))
  expect(copied).toMatchObject({
    code: 'repository-full',
    facts: { left_bytes: 90 * MiB, whole_bytes: 90 * MiB },
  })
  expect(await disksOfBackup(lab.needs.db, point.id)).toMatchObject([{ read_mode: 'changed', attempt_no: 1 }])
  // There is room for a point's tables, and for nothing of what has changed.
  await expect(look(point, 0)).resolves.toHaveProperty('freeBytes')
  const { left_bytes: left } = (copied as Failure).facts as { left_bytes: number }
  await expect(look(point, left)).rejects.toMatchObject({ code: 'repository-full', retry: true })
})

it(`the error of a full file without a path counts, one of another file system does not${skipped}`, async () => {
  const { db } = lab.needs
  const point = await lab.plan(diskContents())
  await small.fill()
  const full = await caught(
    openDigestWriter(path.join(small.path, 'digests'), { sizeBytes: MiB, kind: 'root' }),
  )
  expect(full).toMatchObject({ code: 'ENOSPC' })
  expect(full).not.toHaveProperty('path')
  expect(await roomRanOut(db, point.id, full)).toMatchObject({
    code: 'repository-full',
    facts: { left_bytes: 0 },
  })
  const elsewhere = Object.assign(new Error('full'), { code: 'ENOSPC', path: '/run/socket', syscall: 'open' })
  expect(await roomRanOut(db, point.id, elsewhere)).toBe(elsewhere)
  const lost = Object.assign(new Error('gone'), { code: 'ECONNRESET' })
  expect(await roomRanOut(db, point.id, lost)).toBe(lost)
})

it(`what an attempt has written needs no room a second time${skipped}`, async () => {
  const point = await lab.plan(diskContents())
  await lab.copyDisk(point, 0)
  const needed = point.contents[0]?.length ?? 0
  await small.fill(needed - MiB)
  await lab.reserve(point, 0, needed)
  await expect(lab.reserve(point, 0, 3 * needed)).rejects.toMatchObject({ code: 'repository-full' })
})

it(`it is looked for until there is enough, and the repository is itself; every answer before can be tried again${skipped}`, async () => {
  const [point, other] = [await lab.plan(diskContents()), await lab.plan(diskContents())]
  await small.fill()
  await expect(look(point, MiB)).rejects.toMatchObject({
    code: 'repository-full',
    retry: true,
    message: expect.stringMatching(/0 bytes free, .* 65 MiB are needed$/) as string,
  })
  await small.empty()
  // An unmounted share: all the room of the file system below it is not the repository's.
  const [marker, away] = [path.join(small.path, markerFileName), path.join(small.path, 'away')]
  await rename(marker, away)
  await expect(look(point, MiB)).rejects.toMatchObject({ code: 'repository-marker', retry: true })
  await rename(away, marker)
  await expect(look(point, MiB)).resolves.toHaveProperty('freeBytes')
  // What the job has reserved itself is what it waits for; what others have is theirs.
  await lab.reserve(point, 0, 62 * MiB)
  await expect(look(point, 60 * MiB)).resolves.toHaveProperty('freeBytes')
  await expect(look(other, 60 * MiB)).rejects.toMatchObject({ code: 'repository-full', retry: true })
})

it(`a commit without room makes no point and leaves nothing half; tried again it stands and is good${skipped}`, async () => {
  const point = await lab.plan(diskContents())
  for (const index of point.contents.keys()) await lab.copyDisk(point, index)
  const before = await filesOf(point.id)
  await small.fill()
  await expect(lab.run(commitPoint(lab.needs), { backupId: point.id })).rejects.toMatchObject({
    code: 'repository-full',
    retry: true,
    remedy: expect.stringContaining('Free room') as string,
  })
  expect(await filesOf(point.id)).toEqual(before)
  await small.empty()
  const { manifestPath } = await lab.run(commitPoint(lab.needs), { backupId: point.id })
  expect(await filesOf(point.id)).toHaveLength(before.length + 1)
  expect(manifestPath).toContain(point.id)
  for (const [index, bytes] of point.contents.entries())
    expect((await lab.convert(lab.files(point, index).image)).subarray(0, bytes.length).equals(bytes)).toBe(
      true,
    )
})

it(`in a full repository an unfinished point is discarded and a finished one is deleted${skipped}`, async () => {
  const [done, open] = [await lab.point(), await lab.plan(diskContents())]
  await lab.copyDisk(open, 0)
  await small.fill()
  await expect(
    lab.run(inspectRepository(lab.needs), {
      repositoryId: lab.repository.id,
      action: 'check',
      neededBytes: 1,
    }),
  ).rejects.toMatchObject({ code: 'repository-full', facts: { free_bytes: 0, needed_bytes: 1 } })
  await lab.run(discardPoint(lab.needs), { backupId: open.id })
  expect(await filesOf(open.id)).toEqual([])
  await small.fill()
  const { context } = lab.registered
  const owner = { owner: `delete:${done.id}`, runId: 'run-1' }
  await takePins(lab.needs.db, [done.id], { ...owner, purpose: 'delete' })
  await lab.run(deletePoint(lab.needs), {
    ...{ backupId: done.id, repositoryId: lab.repository.id, vmContextId: context.id },
    ...{ vmName: context.vm_name, points: [done.id], workflowId: owner.owner, runId: owner.runId },
  })
  await releasePins(lab.needs.db, owner)
  expect(await filesOf(done.id)).toEqual([])
  expect(await small.freeBytes()).toBeGreaterThan(MiB)
})
