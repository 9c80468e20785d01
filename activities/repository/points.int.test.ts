import { mkdir, readFile, readdir, rename, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { finishBackup } from '../../drizzle/queries/backup-changes.js'
import { backupById, backupWithDisks } from '../../drizzle/queries/backups.js'
import { spawnChild } from '../processes/spawn-child.js'
import { qemuNbdTarget } from '../processes/qemu-nbd-target.js'
import { settleOrphan } from '../catalog/sweep.js'
import { commitPoint } from './commit-point.js'
import { discardPoint } from './discard-point.js'
import { prepareDiskFiles, sealDiskFiles } from './disk-files.js'
import { manifestPath } from './layout.js'
import { readManifest } from './manifest-file.js'
import { filesOfRepository, filesOfVm } from './point-files.js'
import { recoverOrDiscard } from './recover-or-discard.js'
import { findLeftovers, sweepRepository } from './sweep-repository.js'
import { diskContents, openPointLab } from './testing/point-lab.js'
import type { PointLab, TestPoint } from './testing/point-lab.js'
import { verifyBackup } from './verify-backup.js'

jest.setTimeout(60_000)

let lab: PointLab
beforeEach(async () => {
  lab = await openPointLab()
})
afterEach(() => lab[Symbol.asyncDispose]())

const filesOf = async (point: TestPoint): Promise<string[]> =>
  (await filesOfVm(lab.repository.path, lab.registered.context.id))
    .filter((file) => file.backupId === point.id)
    .map((file) => file.kind)
    .sort()

const sweep = () => ({ repositoryId: lab.repository.id, workflowId: 'sweep-leftovers', runId: 'run-1' })

const manifestFile = (point: TestPoint): string =>
  manifestPath(lab.repository.path, lab.registered.context.id, point.id)

const verified = (point: TestPoint) =>
  lab.run(verifyBackup(lab.needs), { backupId: point.id, repositoryId: lab.repository.id, vmName: 'pgtest2' })

const fail = (point: TestPoint) =>
  finishBackup(lab.needs.db, point.id, {
    status: 'failed',
    cleanup: 'done',
    completed_at: new Date().toISOString(),
  })

describe('commit', () => {
  test('makes a point of what was copied: images, digests and a manifest that tells of them', async () => {
    const point = await lab.point()
    expect(await filesOf(point)).toEqual(['digests', 'digests', 'image', 'image', 'manifest'])
    for (const [index, bytes] of point.contents.entries())
      expect((await lab.convert(lab.files(point, index).image)).equals(bytes)).toBe(true)
    expect(await readManifest(lab.repository.path, lab.registered.context.id, point.id)).toMatchObject({
      backup_id: point.id,
      repository_marker: lab.repository.marker,
      vm: { id: lab.vm.id, name: 'pgtest2' },
      disks: point.rows.map((row) => ({
        disk_id: row.disk_id,
        file: `disks/${row.disk_id}/${point.id}.qcow2`,
        change_id: row.change_id,
        bytes_stored: row.bytes_stored,
      })),
      tools: { sendense: '0.0.0-test', 'qemu-nbd': expect.stringMatching(/^\d+\.\d+/) as string },
    })
    expect((await stat(manifestFile(point))).mode & 0o777).toBe(0o600)
  })

  test('may be repeated: the manifest that stands is left as it is', async () => {
    const point = await lab.point()
    const before = await readFile(manifestFile(point), 'utf8')
    await lab.run(commitPoint(lab.needs), { backupId: point.id })
    expect(await readFile(manifestFile(point), 'utf8')).toBe(before)
  })

  test('makes no point while one disk is missing', async () => {
    const point = await lab.plan(diskContents())
    await lab.copyDisk(point, 0)
    await expect(lab.run(commitPoint(lab.needs), { backupId: point.id })).rejects.toMatchObject({
      code: 'point-damaged',
    })
    expect(await filesOf(point)).toEqual(['digests', 'image'])
  })

  test('makes no point of digests that were not finished', async () => {
    const point = await lab.plan(diskContents().slice(0, 1))
    await lab.copyDisk(point, 0)
    const { digests } = lab.files(point, 0)
    await truncate(digests, (await stat(digests)).size - 4096)
    await expect(lab.run(commitPoint(lab.needs), { backupId: point.id })).rejects.toMatchObject({
      problem: 'unsealed',
    })
    expect(await filesOf(point)).not.toContain('manifest')
  })

  test('a crash after the files and before the manifest is no point, and goes without a trace', async () => {
    const point = await lab.plan(diskContents())
    for (const index of [0, 1]) await lab.copyDisk(point, index)
    await mkdir(path.dirname(manifestFile(point)), { recursive: true })
    await writeFile(`${manifestFile(point)}.0a1b2c3d.tmp`, '{"half":')
    expect(await lab.run(recoverOrDiscard(lab.needs), { backupId: point.id })).toEqual({ recovered: false })
    expect(await filesOfRepository(lab.repository.path)).toEqual([])
    expect(await readdir(lab.repository.path)).toEqual(['.sendense-repository.json'])
    expect(await lab.run(recoverOrDiscard(lab.needs), { backupId: point.id })).toEqual({ recovered: false })
  })

  test('a crash after the manifest and before the rows is a point: the rows are brought up to it', async () => {
    const point = await lab.plan(diskContents())
    for (const index of [0, 1]) await lab.copyDisk(point, index)
    await lab.run(commitPoint(lab.needs), { backupId: point.id })
    expect(await lab.run(recoverOrDiscard(lab.needs), { backupId: point.id })).toEqual({ recovered: true })
    const found = await backupWithDisks(lab.needs.db, point.id)
    expect(found?.backup).toMatchObject({ manifest_path: manifestFile(point), reserved_bytes: 0 })
    expect(found?.backup.bytes_stored).toBeGreaterThan(0)
    expect(found?.disks.map((disk) => disk.status)).toEqual(['committed', 'committed'])
  })

  test('a point that stands is neither discarded nor written again', async () => {
    const point = await lab.point()
    await lab.run(discardPoint(lab.needs), { backupId: point.id })
    expect((await filesOf(point)).length).toBe(5)
    const again = {
      backupId: point.id,
      diskId: point.rows[0]?.disk_id ?? '',
      sizeBytes: 65_536,
      attemptNo: 9,
      planHash: '',
    }
    await expect(prepareDiskFiles(lab.needs, again)).rejects.toMatchObject({ code: 'conflict' })
    expect((await verified(point)).result).toBe('good')
  })

  test('a later attempt begins anew and leaves nothing of the one before', async () => {
    const point = await lab.plan(diskContents().slice(0, 1))
    const first = await lab.copyDisk(point, 0)
    await writeFile(first.attemptDigests, 'left by a killed attempt')
    await lab.copyDisk(point, 0)
    expect(await filesOf(point)).toEqual(['digests', 'image'])
    await lab.run(commitPoint(lab.needs), { backupId: point.id })
  })
})

test('what a worker that was killed in its checkpoint left goes when a later attempt seals', async () => {
  const point = await lab.plan(diskContents().slice(0, 1))
  const { checkpoint } = await lab.copyDisk(point, 0)
  await writeFile(`${checkpoint}.tmp`, '{"half":')
  const [row] = point.rows
  const seal = { vmContextId: lab.registered.context.id, backupId: point.id, attemptNo: 2 }
  expect(await sealDiskFiles(lab.repository.path, { ...seal, diskId: row?.disk_id ?? '' })).toBe(true)
  expect(await filesOf(point)).toEqual(['digests', 'image'])
})

describe('discard', () => {
  test('ends the exporter of the job and removes its files', async () => {
    const point = await lab.plan(diskContents())
    const { image } = await lab.copyDisk(point, 0)
    const socketPath = path.join(lab.needs.runDir, 'left')
    await using child = await spawnChild({
      guard: lab.needs.guard,
      program: 'qemu-nbd',
      args: qemuNbdTarget({ socketPath, exportName: 'disk', file: image }),
      name: 'left',
      owner: { jobId: point.id, diskId: 'd', attemptNo: 1 },
      readiness: { socketPath },
      readyTimeoutMs: 20_000,
    })
    await lab.run(discardPoint(lab.needs), { backupId: point.id })
    expect(await child.exited).toMatchObject({ signal: 'SIGKILL' })
    expect(await filesOf(point)).toEqual([])
    expect((await backupById(lab.needs.db, point.id))?.reserved_bytes).toBe(0)
  })

  test('leaves a point that stands to the sweeper when its job does not know of it, which completes even a failed job', async () => {
    const point = await lab.plan(diskContents())
    for (const index of point.contents.keys()) await lab.copyDisk(point, index)
    await lab.run(commitPoint(lab.needs), { backupId: point.id })
    await expect(lab.run(discardPoint(lab.needs), { backupId: point.id })).rejects.toMatchObject({
      code: 'conflict',
      retry: false,
    })
    const { db } = lab.needs
    const failed = { status: 'failed', cleanup: 'pending', completed_at: new Date().toISOString() } as const
    await finishBackup(db, point.id, { ...failed, error_code: 'write-failed' })
    const settle = settleOrphan({ db, now: lab.needs.now })
    const { recovered } = await lab.run(recoverOrDiscard(lab.needs), { backupId: point.id })
    await lab.run(settle, { backupId: point.id, recovered, snapshotGone: true, filesGone: true, reason: 'x' })
    expect(await backupById(db, point.id)).toMatchObject({
      status: 'completed',
      cleanup: 'done',
      error_code: null,
      manifest_path: manifestPath(lab.repository.path, lab.registered.context.id, point.id),
    })
    expect((await verified(point)).result).toBe('good')
  })

  test('of a job that never wrote needs no repository; of one that did, waits for it', async () => {
    const idle = await lab.plan(diskContents())
    const started = await lab.plan(diskContents())
    await lab.copyDisk(started, 0)
    await rename(lab.repository.path, `${lab.repository.path}.away`)
    await lab.run(discardPoint(lab.needs), { backupId: idle.id })
    await expect(lab.run(discardPoint(lab.needs), { backupId: started.id })).rejects.toMatchObject({
      code: 'repository-missing',
    })
  })
})

describe('sweep', () => {
  test('removes what ended jobs left, and leaves points, open jobs and files of others alone', async () => {
    const [good, running, failed] = [
      await lab.point(),
      await lab.plan(diskContents()),
      await lab.plan(diskContents()),
    ]
    for (const point of [running, failed]) await lab.copyDisk(point, 0)
    await fail(failed)
    const notes = path.join(lab.repository.path, lab.registered.context.id, 'notes.txt')
    await writeFile(notes, 'mine')
    expect(await lab.run(sweepRepository(lab.needs), sweep())).toEqual({
      removed: 2,
    })
    expect(await filesOf(failed)).toEqual([])
    expect(await filesOf(running)).toEqual(['digests', 'image'])
    expect((await verified(good)).result).toBe('good')
    expect(await readFile(notes, 'utf8')).toBe('mine')
    expect(await lab.run(sweepRepository(lab.needs), sweep())).toEqual({
      removed: 0,
    })
  })

  test('removes what killed workers left beside a point, nothing of the point, and nothing of an open job', async () => {
    const [good, running] = [await lab.point(), await lab.plan(diskContents())]
    const [made, open] = [lab.files(good, 0), await lab.copyDisk(running, 0)]
    const base = made.image.replace('.qcow2', '')
    for (const file of [`${base}.1.checkpoint.tmp`, `${base}.2.digests.part`, `${manifestFile(good)}.0a.tmp`])
      await writeFile(file, 'half')
    await writeFile(open.checkpoint, 'in use')
    const before = await filesOf(running)
    expect(
      await lab.run(sweepRepository(lab.needs), {
        repositoryId: lab.repository.id,
        workflowId: 'sweep-leftovers',
        runId: 'run-9',
      }),
    ).toEqual({
      removed: 3,
    })
    expect(await filesOf(good)).toEqual(['digests', 'digests', 'image', 'image', 'manifest'])
    expect((await verified(good)).result).toBe('good')
    expect(await filesOf(running)).toEqual(before)
  })

  test('files of a job nobody knows stay for a day; points nobody knows are only reported', async () => {
    const { repository, registered, needs } = lab
    const unknown = path.join(repository.path, registered.context.id, 'disks', 'disk-x')
    await mkdir(unknown, { recursive: true })
    const image = path.join(unknown, 'backup-elsewhere.qcow2')
    await writeFile(image, 'x')
    const points = path.join(repository.path, registered.context.id, 'points')
    await mkdir(points)
    await writeFile(path.join(points, 'backup-strange.json'), '{}')
    expect((await lab.run(sweepRepository(needs), sweep())).removed).toBe(0)
    const old = new Date(Date.now() - 25 * 3600 * 1000)
    await utimes(image, old, old)
    expect(await findLeftovers(needs.db, repository, new Date())).toEqual({
      groups: [{ vmContextId: registered.context.id, backupId: 'backup-elsewhere', kind: 'files' }],
      unknownPoints: ['backup-strange'],
    })
    expect((await lab.run(sweepRepository(needs), sweep())).removed).toBe(1)
    expect(await readdir(points)).toEqual(['backup-strange.json'])
  })
})
