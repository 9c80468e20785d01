import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Client } from '@temporalio/client'
import { MockActivityEnvironment } from '@temporalio/testing'
import type { BackupDisk } from '../../../domain/backup.js'
import type { Repository } from '../../../domain/repository.js'
import { usualRetention } from '../../../domain/rules/keeps.js'
import type { DiscoveredVm } from '../../../domain/vm.js'
import { finishBackup, updateBackup } from '../../../drizzle/queries/backup-changes.js'
import {
  disksOfBackup,
  insertDisks,
  recordDiskCopied,
  takeAttempt,
} from '../../../drizzle/queries/backup-disks.js'
import { saveDiscovery } from '../../../drizzle/queries/discovered-vms.js'
import { insertRepository, repositoryById } from '../../../drizzle/queries/repositories.js'
import { upsertContext } from '../../../drizzle/queries/vm-context-upsert.js'
import { openTestDatabase } from '../../../drizzle/testing/database.js'
import { aDisk, aVm, plannedDisk, registerPlatform, startBackup } from '../../../drizzle/testing/samples.js'
import type { RegisteredVm } from '../../../drizzle/testing/samples.js'
import type { Db } from '../../../drizzle/open.js'
import { copy } from '../../blocks/copy.js'
import { openDigestWriter } from '../../blocks/digest-writer.js'
import { memoryEnd } from '../../blocks/memory-end.js'
import { openNbd } from '../../blocks/nbd/nbd-end.js'
import { recordPoint } from '../../catalog/records.js'
import { openGuard } from '../../processes/open-guard.js'
import { qemuNbdTarget } from '../../processes/qemu-nbd-target.js'
import { spawnChild } from '../../processes/spawn-child.js'
import { createPlaces } from '../../blocks/places.js'
import { openContentServer } from '../../restore/content-server.js'
import { openPointReaders } from '../../restore/point-readers.js'
import { commitPoint } from '../commit-point.js'
import type { RepositoryDependencies } from '../dependencies.js'
import { prepareDiskFiles, sealDiskFiles } from '../disk-files.js'
import type { PreparedDiskFiles } from '../disk-files.js'
import { diskFiles } from '../layout.js'
import { prepareRepository } from '../marker.js'
import { reserveRoom } from '../reserve-room.js'
import type { AttemptPlan } from '../reserve-room.js'
import { createStorageGauge } from '../storage.js'

const MiB = 1024 * 1024

/** What opens a content's reference in the lab. */
export const contentTokenOf = (reference: string): string => `token-of-${reference}`

// The mock tells the console of every refusal that a test expects.
const ignore = (): void => undefined
const silent = { log: ignore, trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore }

/** Two disks of odd sizes, with data, zeros within data, and holes. */
export const diskContents = (): Buffer[] => [
  Buffer.concat([randomBytes(MiB + 4096), Buffer.alloc(2 * MiB - 4096), randomBytes(MiB)]),
  Buffer.concat([Buffer.alloc(MiB), randomBytes(512 * 3), Buffer.alloc(MiB - 512 * 3)]),
]

export interface TestPoint {
  readonly id: string
  readonly rows: readonly BackupDisk[]
  readonly contents: readonly Buffer[]
}

export interface PointLab extends AsyncDisposable {
  readonly needs: RepositoryDependencies
  readonly repository: Repository
  readonly vm: DiscoveredVm
  readonly registered: RegisteredVm
  /** Runs a step as Temporal would. */
  run<Input, Result>(step: (input: Input) => Promise<Result>, input: Input): Promise<Result>
  /** A claimed backup with its disks planned; with `parent`, stored over that point. */
  plan(contents: readonly Buffer[], parent?: TestPoint): Promise<TestPoint>
  /** Reserves room for so much of one disk, as its current attempt and as it is planned unless `change` says else. */
  reserve(point: TestPoint, index: number, bytesTotal: number, change?: Partial<AttemptPlan>): Promise<void>
  /** Copies one disk of it through qemu-nbd, as `copy-disk` does. */
  copyDisk(point: TestPoint, index: number): Promise<PreparedDiskFiles>
  /** All of it: planned, copied, committed, completed. */
  point(contents?: readonly Buffer[], parent?: TestPoint): Promise<TestPoint>
  files(point: TestPoint, index: number): { readonly image: string; readonly digests: string }
  /** The disk as qemu-img reads it. */
  convert(image: string): Promise<Buffer>
}

export interface PointLabOptions {
  readonly idleMs?: number
  /** A directory that is there; one of its own by default. */
  readonly repositoryPath?: string
}

export const openPointLab = async (options: PointLabOptions = {}): Promise<PointLab> => {
  const directory = await mkdtemp(path.join(tmpdir(), 'pt-'))
  const opened = await openTestDatabase()
  const { db } = opened.database
  const guard = openGuard({
    guardScript: path.join(process.cwd(), 'activities/processes/guard.mjs'),
    stateDir: path.join(directory, 'state'),
  })
  const content = await openContentServer({ tokenOf: contentTokenOf, ...options })
  // There is no Temporal to ask here: every workflow counts as open.
  const readers = openPointReaders({ db, client: {} as Client }, { lingersMs: options.idleMs ?? 60_000 })
  const needs: RepositoryDependencies = {
    db,
    guard,
    runDir: directory,
    programs: { qemuNbd: 'qemu-nbd' },
    content,
    readers,
    slots: createPlaces(4),
    measure: createStorageGauge(() => performance.now()),
    version: '0.0.0-test',
    now: () => new Date(),
    keep: usualRetention(0, 0),
    said: ignore,
  }
  const repository = await makeRepository(needs, options.repositoryPath ?? path.join(directory, 'repository'))
  const vm = aVm({
    disks: diskContents().map((bytes, index) => aDisk(2000 + index, { capacity_bytes: bytes.length })),
  })
  const platform = await registerPlatform(db)
  const known = await upsertContext(db, platform, vm, new Date().toISOString())
  const registered = { platform, context: known.context, disks: known.disks, repositoryId: repository.id }
  const run: PointLab['run'] = (step, input) =>
    new MockActivityEnvironment({}, { logger: silent }).run(step, input)
  const lab = { needs, repository, vm, registered, run, directory }
  const plan: PointLab['plan'] = (contents, parent) => planPoint(lab, contents, parent)
  const copyDisk: PointLab['copyDisk'] = (point, index) => copyOne(lab, point, index)
  return {
    ...lab,
    plan,
    reserve: (...asked) => reserveOne(db, ...asked),
    copyDisk,
    point: async (contents = diskContents(), parent) => {
      const point = await plan(contents, parent)
      for (const index of contents.keys()) await copyDisk(point, index)
      const { manifestPath } = await run(commitPoint(needs), { backupId: point.id })
      await run(recordPoint({ db }), { backupId: point.id, manifestPath })
      await finishBackup(db, point.id, {
        status: 'completed',
        cleanup: 'done',
        completed_at: new Date().toISOString(),
      })
      return { ...point, rows: await disksOfBackup(db, point.id) }
    },
    files: (point, index) =>
      diskFiles(repository.path, known.context.id, point.rows[index]?.disk_id ?? '', point.id),
    convert: async (image) => {
      const raw = path.join(directory, `raw-${randomBytes(4).toString('hex')}`)
      await promisify(execFile)('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', image, raw])
      return await readFile(raw)
    },
    [Symbol.asyncDispose]: async () => {
      await content[Symbol.asyncDispose]()
      await readers[Symbol.asyncDispose]()
      await guard[Symbol.asyncDispose]()
      await opened[Symbol.asyncDispose]()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

type Lab = Pick<PointLab, 'needs' | 'repository' | 'vm' | 'registered'> & { readonly directory: string }

const makeRepository = async ({ db }: RepositoryDependencies, place: string): Promise<Repository> => {
  const marker = randomBytes(8).toString('hex')
  const id = await insertRepository(db, {
    name: `main ${marker}`,
    repository_type: 'local',
    path: place,
    marker,
    enabled: true,
  })
  const repository = await repositoryById(db, id)
  if (repository === undefined) throw new Error('the repository was not written')
  await prepareRepository(repository, new Date())
  return repository
}

const planPoint = async (
  { needs, registered, vm }: Lab,
  contents: readonly Buffer[],
  parent?: TestPoint,
): Promise<TestPoint> => {
  const { db } = needs
  const id = await startBackup(db, registered)
  await updateBackup(
    db,
    id,
    {
      status: 'running',
      consistency: 'crash',
      transport: 'vddk',
      started_at: new Date().toISOString(),
      snapshot_taken_at: new Date().toISOString(),
      total_bytes: contents.reduce((sum, bytes) => sum + bytes.length, 0),
    },
    ['pending'],
  )
  await saveDiscovery(db, id, registered.platform.id, [vm])
  const over = parent && {
    stored_as: 'overlay' as const,
    read_mode: 'changed' as const,
    parent_backup_id: parent.id,
  }
  const disks = registered.disks.slice(0, contents.length).map((disk, index) =>
    plannedDisk(id, disk, {
      capacity_bytes: contents[index]?.length ?? 0,
      bytes_total: 0,
      change_id: `52 ${index}/7`,
      ...over,
    }),
  )
  await insertDisks(db, disks)
  return { id, rows: await disksOfBackup(db, id), contents }
}

const reserveOne = async (db: Db, ...asked: Parameters<PointLab['reserve']>): Promise<void> => {
  const [point, index, bytesTotal, change] = asked
  const row = (await disksOfBackup(db, point.id))[index]
  if (row === undefined) throw new Error(`the point has no disk ${index}`)
  await reserveRoom(db, {
    ...{ backupId: point.id, diskId: row.disk_id, attemptNo: row.attempt_no, bytesTotal },
    ...{ changeId: row.change_id, readMode: row.read_mode, readReason: row.read_reason },
    ...change,
  })
}

const copyOne = async (
  { needs, directory, repository, registered }: Lab,
  point: TestPoint,
  index: number,
): Promise<PreparedDiskFiles> => {
  const [row, bytes] = [point.rows[index], point.contents[index]]
  if (row === undefined || bytes === undefined) throw new Error(`the point has no disk ${index}`)
  const { db, guard } = needs
  const ids = { backupId: point.id, diskId: row.disk_id }
  const attemptNo = await takeAttempt(db, point.id, row.disk_id)
  await reserveOne(db, point, index, bytes.length)
  const files = await prepareDiskFiles(needs, { ...ids, sizeBytes: bytes.length, attemptNo, planHash: '' })
  const copied = await writeImage({ directory, guard }, files, bytes, row.stored_as)
  await recordDiskCopied(db, { ...ids, attemptNo, durationMs: 1, ...copied })
  const seal = { ...ids, vmContextId: registered.context.id, attemptNo }
  await sealDiskFiles(repository.path, seal)
  return files
}

const writeImage = async (
  { directory, guard }: { directory: string; guard: RepositoryDependencies['guard'] },
  files: PreparedDiskFiles,
  bytes: Buffer,
  kind: 'root' | 'overlay',
) => {
  const name = `t-${randomBytes(4).toString('hex')}`
  const socketPath = path.join(directory, name)
  await using _server = await spawnChild({
    guard,
    program: 'qemu-nbd',
    args: qemuNbdTarget({ socketPath, exportName: 'disk', file: files.image }),
    name,
    owner: { jobId: 'lab', diskId: 'lab', attemptNo: 1 },
    readiness: { socketPath },
    readyTimeoutMs: 20_000,
  })
  await using target = await openNbd({ socketPath }, { exportName: 'disk', side: 'target' })
  await using digests = await openDigestWriter(files.attemptDigests, { sizeBytes: bytes.length, kind })
  const result = await copy({
    source: memoryEnd(bytes),
    target,
    extents: [{ offset: 0, length: bytes.length }],
    sizeBytes: bytes.length,
    targetKnownZero: kind === 'root',
    digests,
    checkpoint: { path: files.checkpoint, everyBytes: MiB, everyMs: 60_000 },
    stallMs: 20_000,
  })
  await digests.finish()
  return {
    bytesTotal: bytes.length,
    bytesRead: result.bytesRead,
    bytesStored: result.bytesStored,
    bytesSkipped: 0,
  }
}
