import { randomBytes } from 'node:crypto'
import { access, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { disksOfBackup, takeAttempt } from '../../drizzle/queries/backup-disks.js'
import { prepareDiskFiles, sealDiskFiles } from '../repository/disk-files.js'
import { openPointLab } from '../repository/testing/point-lab.js'
import type { PointLab, TestPoint } from '../repository/testing/point-lab.js'
import { copyDisk } from './copy-disk.js'
import { openTransfer } from './testing/memory-source.js'
import { startCopy } from './testing/running-copy.js'

jest.setTimeout(60_000)
const MiB = 2 ** 20

let lab: PointLab
beforeAll(async () => {
  lab = await openPointLab()
})
afterAll(() => lab[Symbol.asyncDispose]())

const copierOf = (point: TestPoint, found: () => Promise<void>) => {
  const transfer = openTransfer(lab, { ...point, found })
  const copy = (diskId: string) =>
    lab.run(copyDisk(transfer.dependencies), { backupId: point.id, diskId, heartbeatSeconds: 10 })
  return { copy, [Symbol.asyncDispose]: () => transfer[Symbol.asyncDispose]() }
}

test('an attempt that slept through its successor steps back and touches none of its files', async () => {
  const point = await lab.plan([Buffer.alloc(256 * 1024, 'x')])
  const diskId = point.rows[0]?.disk_id ?? ''
  let wake = (): void => undefined
  let fallAsleep = (): void => undefined
  const asleep = new Promise<void>((resolve) => (fallAsleep = resolve))
  const slept = new Promise<void>((resolve) => (wake = resolve))
  await using first = copierOf(point, () => (fallAsleep(), slept))
  await using second = copierOf(point, () => Promise.resolve())

  const stale = first.copy(diskId)
  stale.catch(() => undefined)
  await asleep
  expect(await second.copy(diskId)).toMatchObject({ attemptNo: 2 })
  const files = lab.files(point, 0)
  const names = (await readdir(path.dirname(files.image))).sort()
  wake()
  await expect(stale).rejects.toMatchObject({ code: 'attempt-superseded', retry: false })
  expect((await readdir(path.dirname(files.image))).sort()).toEqual(names)
  expect((await lab.convert(files.image)).equals(point.contents[0]!)).toBe(true)
  expect(await disksOfBackup(lab.needs.db, point.id)).toMatchObject([{ status: 'copied', attempt_no: 2 }])
})

test('a newer attempt takes the place of one that is at work: the older one serves and writes nothing more', async () => {
  const bytes = Buffer.concat([randomBytes(24 * MiB), Buffer.alloc(MiB), randomBytes(8 * MiB)])
  const point = await lab.plan([bytes])
  await using older = await startCopy(lab, point)
  await older.reached(6 * MiB)
  const started = path.join(path.dirname(lab.files(point, 0).image), 'started')
  await older.instead('target', `touch ${started}`)
  await using newer = await startCopy(lab, point)
  // It has ended the exporters of the older one, which would open them again.
  await expect(older.result).rejects.toMatchObject({ code: 'attempt-superseded', retry: false })
  const { image } = lab.files(point, 0)
  expect(await newer.result).toMatchObject({ attemptNo: 2 })
  await expect(access(started)).rejects.toMatchObject({ code: 'ENOENT' })
  expect((await lab.convert(image)).equals(bytes)).toBe(true)
  expect(await newer.servers()).toEqual([])
})

test('who has lost its place hears of it at the next checkpoint, though nobody has ended its exporters', async () => {
  const point = await lab.plan([randomBytes(32 * MiB)])
  await using copy = await startCopy(lab, point)
  await copy.reached(6 * MiB)
  await takeAttempt(lab.needs.db, point.id, point.rows[0]?.disk_id ?? '')
  await expect(copy.result).rejects.toMatchObject({ code: 'attempt-superseded', retry: false })
  expect(copy.progress()?.bytesDone).toBeLessThan(28 * MiB)
  expect(await copy.servers()).toEqual([])
  expect(await disksOfBackup(lab.needs.db, point.id)).toMatchObject([{ status: 'copying', attempt_no: 2 }])
})

test('an attempt that finds files of a higher one makes none', async () => {
  const point = await lab.plan([Buffer.alloc(256 * 1024, 'y')])
  const diskId = point.rows[0]?.disk_id ?? ''
  const { dir } = path.parse(lab.files(point, 0).image)
  await mkdir(dir, { recursive: true })
  await writeFile(path.join(dir, `${point.id}.3.checkpoint`), '')
  const attempt = { backupId: point.id, diskId, sizeBytes: 256 * 1024, planHash: '' }
  await expect(prepareDiskFiles(lab.needs, { ...attempt, attemptNo: 2 })).rejects.toMatchObject({
    code: 'attempt-superseded',
  })
  const left = async () => (await readdir(dir)).filter((name) => name.startsWith(point.id))
  expect(await left()).toEqual([`${point.id}.3.checkpoint`])
  await prepareDiskFiles(lab.needs, { ...attempt, attemptNo: 4 })
  expect(await left()).toEqual([`${point.id}.qcow2`])
})

test('digests that are nowhere are not sealed', async () => {
  const point = await lab.plan([Buffer.alloc(256 * 1024, 'y')])
  await lab.copyDisk(point, 0)
  const seal = {
    vmContextId: lab.registered.context.id,
    diskId: point.rows[0]?.disk_id ?? '',
    backupId: point.id,
    attemptNo: 1,
  }
  expect(await sealDiskFiles(lab.repository.path, seal)).toBe(true)
  await rm(lab.files(point, 0).digests)
  expect(await sealDiskFiles(lab.repository.path, seal)).toBe(false)
})
