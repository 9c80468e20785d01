import { randomBytes } from 'node:crypto'
import { access, readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import type { AuditScope } from '../../domain/backup.js'
import { requestAudit } from '../../drizzle/queries/backup-audits.js'
import { deleteBackupRow, finishBackup } from '../../drizzle/queries/backup-changes.js'
import { disksOfBackup } from '../../drizzle/queries/backup-disks.js'
import { backupById } from '../../drizzle/queries/backups.js'
import type { Extent } from '../blocks/end.js'
import { grainBytes } from '../blocks/extents.js'
import { concludeAudit } from '../catalog/audits.js'
import { commitPoint } from '../repository/commit-point.js'
import { readManifest } from '../repository/manifest-file.js'
import { openPointLab } from '../repository/testing/point-lab.js'
import type { PointLab, TestPoint } from '../repository/testing/point-lab.js'
import { auditDisk } from './audit-disk.js'
import { copyDisk } from './copy-disk.js'
import type { MemorySource } from './testing/memory-source.js'
import { openTransfer } from './testing/memory-source.js'

jest.setTimeout(120_000)

const MiB = 2 ** 20
let lab: PointLab
let base: TestPoint
beforeAll(async () => {
  lab = await openPointLab()
  base = await lab.point([randomBytes(4 * MiB), randomBytes(2 * MiB)])
})
afterAll(() => lab[Symbol.asyncDispose]())

const grain = (index: number): Extent => ({ offset: index * grainBytes, length: grainBytes })
/** The base's contents with these grains of its first disk written anew. */
const changedAt = (...grains: number[]): Buffer[] => {
  const contents = base.contents.map((bytes) => Buffer.from(bytes))
  for (const index of grains) randomBytes(grainBytes).copy(contents[0]!, index * grainBytes)
  return contents
}
type Changed = NonNullable<MemorySource['changed']>
/** Change tracking tells of these grains of the first disk, and of nothing else. */
const tells =
  (point: TestPoint, ...grains: number[]): Changed =>
  (diskId) =>
    diskId === point.rows[0]?.disk_id ? grains.map(grain) : []

const stepsOf = (point: TestPoint, source: Partial<MemorySource>) => {
  const transfer = openTransfer(lab, { rows: point.rows, contents: point.contents, ...source })
  const { dependencies } = transfer
  return {
    copy: async () => {
      for (const { disk_id: diskId } of point.rows)
        await lab.run(copyDisk(dependencies), { backupId: point.id, diskId, heartbeatSeconds: 10 })
    },
    audit: (index: number, scope: AuditScope = 'all') =>
      lab.run(auditDisk(dependencies), {
        backupId: point.id,
        diskId: point.rows[index]?.disk_id ?? '',
        scope,
      }),
    [Symbol.asyncDispose]: () => transfer[Symbol.asyncDispose](),
  }
}

const conclude = (point: TestPoint, failed: { diskId: string; why: string }[] = []) =>
  lab.run(concludeAudit(lab.needs), { backupId: point.id, failed })
const rowsOf = (point: TestPoint) => disksOfBackup(lab.needs.db, point.id)

test.each<AuditScope>(['all', 'sample'])('tracking that told all of it agrees: %s', async (scope) => {
  const point = await lab.plan(changedAt(3, 40), base)
  await using steps = stepsOf(point, { changed: tells(point, 3, 40) })
  await steps.copy()
  expect(await steps.audit(0, scope)).toEqual({
    result: 'agrees',
    detail: '4 of 4 MiB were compared: nothing has changed that change tracking did not tell of',
  })
  expect(await steps.audit(1, scope)).toMatchObject({ result: 'agrees' })
  expect(await rowsOf(point)).toMatchObject([
    { audit_result: 'agrees', status: 'copied', attempt_no: 2 },
    { audit_result: 'agrees', status: 'copied', attempt_no: 2 },
  ])
  await requestAudit(lab.needs.db, point.id, scope)
  expect(await conclude(point)).toMatchObject({ result: 'agrees' })
  expect(await backupById(lab.needs.db, point.id)).toMatchObject({
    audit_result: 'agrees',
    audit_scope: scope,
    audited_at: expect.any(String),
    warnings: [],
  })
})

test('a change that tracking did not tell of: the point says so, and the next one reads all of that disk', async () => {
  const { db } = lab.needs
  const lied = await lab.plan(changedAt(3, 40), base)
  await using steps = stepsOf(lied, { changed: tells(lied, 3) })
  await steps.copy()
  const found = await steps.audit(0)
  const detail =
    `change tracking did not tell of ${grainBytes} bytes that changed since ${base.id}, the first at offset ` +
    `${40 * grainBytes} (4 of 4 MiB were compared); this point does not hold them, and the next backup reads all of this disk`
  expect(found).toEqual({ result: 'differs', detail })
  // Its report was lost with its worker: the same answer, and nothing is read.
  await using blind = stepsOf(lied, { found: () => Promise.reject(new Error('nobody looks again')) })
  expect(await blind.audit(0)).toEqual(found)
  await steps.audit(1)

  await requestAudit(db, lied.id, 'sample')
  await requestAudit(db, lied.id, 'all')
  await requestAudit(db, lied.id, 'sample')
  await conclude(lied)
  await conclude(lied)
  const said = `${lied.rows[0]!.label}: ${detail}`
  const backup = await backupById(db, lied.id)
  expect(backup).toMatchObject({ audit_scope: 'all', audit_result: 'differs', warnings: [said] })
  expect(backup?.audit_detail?.startsWith(`${said}; ${lied.rows[1]!.label}: 2 of 2 MiB`)).toBe(true)

  await lab.run(commitPoint(lab.needs), { backupId: lied.id })
  const read = await readManifest(lab.repository.path, lab.registered.context.id, lied.id)
  expect(read).toMatchObject({
    audit: { scope: 'all', result: 'differs', audited_at: backup?.audited_at },
    disks: [{ audit_result: 'differs', audit_detail: detail }, { audit_result: 'agrees' }],
  })
  const files = await readdir(path.dirname(lab.files(lied, 0).image))
  expect(files.filter((name) => name.startsWith(lied.id)).sort()).toEqual([
    `${lied.id}.digests`,
    `${lied.id}.qcow2`,
  ])

  const next = await lab.plan(lied.contents, lied)
  await using after = stepsOf(next, { changed: () => [] })
  await after.copy()
  expect(await rowsOf(next)).toMatchObject([
    {
      read_mode: 'full',
      read_reason: `all of the disk is read: an audit found changes that change tracking did not tell of (see ${lied.id})`,
      stored_as: 'overlay',
      bytes_stored: grainBytes,
    },
    { read_mode: 'changed', bytes_read: 0 },
  ])
  expect((await lab.convert(lab.files(next, 0).image)).equals(lied.contents[0]!)).toBe(true)
  expect((await lab.convert(lab.files(lied, 0).image)).equals(lied.contents[0]!)).toBe(false)
  expect(await after.audit(0)).toEqual({
    result: null,
    detail: 'all of the disk was read: nothing to audit',
  })
  expect(await conclude(next)).toMatchObject({ result: null })
})

test('a new chain is audited, too: what tracking calls unused must be empty', async () => {
  const [used, empty] = [randomBytes(MiB), Buffer.alloc(MiB)]
  const point = await lab.plan([Buffer.concat([used, empty, used]), Buffer.alloc(MiB)])
  const since: string[] = []
  const changed: Changed = (_, marker) => (since.push(marker), [{ offset: 0, length: MiB }])
  await using steps = stepsOf(point, { changed })
  await steps.copy()
  expect(since).toEqual(['*', '*'])
  expect(await steps.audit(0)).toMatchObject({
    result: 'differs',
    detail: expect.stringContaining(
      `did not tell of ${MiB} bytes that are in use, the first at offset ${2 * MiB} `,
    ),
  })
  // All of the second disk was claimed.
  expect(await steps.audit(1)).toMatchObject({ result: null })
})

test('a copy that is not what the snapshot holds does not become a point', async () => {
  const point = await lab.plan(changedAt(3), base)
  await using steps = stepsOf(point, { changed: tells(point, 3, 4) })
  await steps.copy()
  const spoilt = changedAt(3)
  base.contents[0]!.copy(spoilt[0]!, 0, 0, 3 * grainBytes)
  await using audits = stepsOf({ ...point, contents: spoilt }, { changed: tells(point, 3, 4) })
  await expect(audits.audit(0)).rejects.toMatchObject({
    code: 'point-damaged',
    retry: false,
    message: expect.stringMatching(
      `^${point.rows[0]!.label}: ${grainBytes} bytes that this backup has copied differ from its snapshot, the first at offset ${3 * grainBytes}$`,
    ),
  })
})

test('what of the disk was read is asked of nobody again', async () => {
  const point = await lab.plan(changedAt(3), base)
  await using steps = stepsOf(point, { changed: tells(point, 3) })
  await steps.copy()
  const areas = path.join(path.dirname(lab.files(point, 0).image), `${point.id}.areas`)
  await access(areas)
  await using silent = stepsOf(point, { changed: () => Promise.reject(new Error('asked again')) as never })
  expect(await silent.audit(0)).toMatchObject({ result: 'agrees' })
})

test('where it is not known what was read, nothing can be told', async () => {
  const point = await lab.plan(changedAt(3), base)
  await using steps = stepsOf(point, { changed: tells(point, 3) })
  await steps.copy()
  await rm(path.join(path.dirname(lab.files(point, 0).image), `${point.id}.areas`))
  await expect(steps.audit(0)).rejects.toMatchObject({ code: 'not-available', retry: false })
})

test('a disk whose audit gave up is told of, and counts for nothing', async () => {
  const point = await lab.plan(changedAt(3), base)
  await using steps = stepsOf(point, { changed: tells(point, 3) })
  await steps.copy()
  await steps.audit(1)
  const failed = [{ diskId: point.rows[0]!.disk_id, why: 'the vCenter is away' }]
  await conclude(point, failed)
  expect(await conclude(point, failed)).toMatchObject({ result: 'agrees' })
  const said = `${point.rows[0]!.label}: could not be audited: the vCenter is away`
  expect((await backupById(lab.needs.db, point.id))?.warnings).toEqual([said])
  expect(await rowsOf(point)).toMatchObject([{ audit_result: null }, { audit_result: 'agrees' }])
})

const complete = async (point: TestPoint) => {
  await lab.run(commitPoint(lab.needs), { backupId: point.id })
  await finishBackup(lab.needs.db, point.id, {
    status: 'completed',
    cleanup: 'done',
    completed_at: new Date().toISOString(),
  })
}

test('the first point of a chain is marked: a new chain asks nothing about that disk, all of it is read', async () => {
  const [used, empty] = [randomBytes(MiB), Buffer.alloc(MiB)]
  const contents = [Buffer.concat([used, empty, used]), Buffer.concat([used, empty])]
  // Of the first disk tracking leaves something out, each time.
  const changed: Changed = () => [{ offset: 0, length: MiB }]
  const lied = await lab.plan(contents)
  await using steps = stepsOf(lied, { changed })
  await steps.copy()
  expect(await steps.audit(0)).toMatchObject({ result: 'differs' })
  expect(await steps.audit(1)).toMatchObject({ result: 'agrees' })
  await conclude(lied)
  await complete(lied)

  const next = await lab.plan(contents)
  await using after = stepsOf(next, { changed })
  await after.copy()
  expect(await rowsOf(next)).toMatchObject([
    {
      stored_as: 'root',
      read_mode: 'full',
      read_reason: expect.stringContaining(`(see ${lied.id})`),
      bytes_total: 3 * MiB,
    },
    { stored_as: 'root', read_reason: expect.stringContaining('allocated'), bytes_total: MiB },
  ])
  expect((await lab.convert(lab.files(next, 0).image)).equals(contents[0]!)).toBe(true)

  // It was read whole: the chain after it asks again.
  await complete(next)
  const asked: string[] = []
  const later = await lab.plan(contents)
  await using trusting = stepsOf(later, { changed: (_, since) => (asked.push(since), []) })
  await trusting.copy()
  expect(asked).toEqual(['*', '*'])
  for (const { id } of [lied, next]) expect(await deleteBackupRow(lab.needs.db, id)).toBe('deleted')
})

// The last one: the doubt stays with the base.
test('the marked point is deleted: the next one, over the point below it, reads all of that disk', async () => {
  const { db } = lab.needs
  const lied = await lab.plan(changedAt(3, 40), base)
  await using steps = stepsOf(lied, { changed: tells(lied, 3) })
  await steps.copy()
  await steps.audit(0)
  await steps.audit(1)
  await conclude(lied)
  await complete(lied)

  // While it is being deleted: what is over the point below it, and a new chain.
  for (const below of [base, undefined]) {
    const meanwhile = await lab.plan(lied.contents, below)
    await using during = stepsOf(meanwhile, { changed: tells(meanwhile, 3) })
    await during.copy()
    expect((await rowsOf(meanwhile))[0]).toMatchObject({
      read_mode: 'full',
      read_reason: expect.stringContaining(`(see ${lied.id})`),
    })
    expect((await lab.convert(lab.files(meanwhile, 0).image)).equals(lied.contents[0]!)).toBe(true)
  }
  expect(await deleteBackupRow(db, lied.id)).toBe('deleted')

  const next = await lab.plan(lied.contents, base)
  await using after = stepsOf(next, { changed: tells(next, 3) })
  await after.copy()
  expect(await rowsOf(next)).toMatchObject([{ read_mode: 'full' }, { read_mode: 'changed' }])
  expect((await lab.convert(lab.files(next, 0).image)).equals(lied.contents[0]!)).toBe(true)
})
