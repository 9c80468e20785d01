import { rm, stat } from 'node:fs/promises'
import path from 'node:path'
import type { BackupDisk } from '../../domain/backup.js'
import { Failure } from '../../domain/failure.js'
import { discoveryResult } from '../../drizzle/queries/discovered-vms.js'
import { platformById } from '../../drizzle/queries/platforms.js'
import { installationId } from '../../drizzle/queries/settings.js'
import { disksOf } from '../../drizzle/queries/vm-contexts.js'
import { openDigests } from '../blocks/digest-reader.js'
import { qemuImgCheck } from '../processes/qemu-img.js'
import { runProgram } from '../processes/run-program.js'
import type { RepositorySteps } from '../steps.js'
import { buildManifest } from './build-manifest.js'
import { beating } from '../beating.js'
import type { RepositoryDependencies } from './dependencies.js'
import { isMissing, syncDirectory, syncFile } from './durable-file.js'
import { diskFiles, disksDirectory, manifestPath, pointsDirectory, vmDirectory } from './layout.js'
import { readManifest, writeManifest } from './manifest-file.js'
import { checkMarker } from './marker.js'
import { openPoint } from './point.js'
import type { Point } from './point.js'
import { sealOf } from './seal.js'

type Needs = Pick<RepositoryDependencies, 'db' | 'guard' | 'programs' | 'version'>

/**
 * Safe to run twice: a point whose manifest stands is committed, everything before it only makes bytes durable. The
 * order is the promise: data and digests, image check, directories, manifest by rename, its directory. All disks or no
 * point. Throws `point-damaged` where a file does not hold what its disk needs.
 */
export const commitPoint =
  (needs: Needs): RepositorySteps['commitPoint'] =>
  ({ backupId }) =>
    beating(async () => {
      const point = await openPoint(needs.db, backupId)
      const { backup, repository } = point
      await checkMarker(repository)
      const standing = await readManifest(repository.path, backup.vm_context_id, backupId)
      if (standing !== undefined)
        return { manifestPath: manifestPath(repository.path, backup.vm_context_id, backupId) }
      const seals = new Map<string, string>()
      for (const disk of point.disks) seals.set(disk.disk_id, await settleDisk(needs, point, disk))
      await syncDirectories(point)
      const manifest = buildManifest({ ...(await factsOf(needs, point)), seals })
      const written = await writeManifest(repository.path, manifest)
      await syncDirectory(vmDirectory(repository.path, backup.vm_context_id))
      return { manifestPath: written }
    })

/** Makes one disk's files durable and looks whether they can be read; returns the digests' fingerprint. */
const settleDisk = async (
  { guard, programs }: Needs,
  { repository, backup }: Point,
  disk: BackupDisk,
): Promise<string> => {
  const files = diskFiles(repository.path, backup.vm_context_id, disk.disk_id, backup.id)
  for (const file of [files.image, files.digests]) {
    if ((await stat(file).catch(ignoreMissing)) === undefined)
      throw unusable(disk, `${path.basename(file)} is not there`)
    await syncFile(file)
  }
  {
    await using digests = await openDigests(files.digests)
    if (digests.sizeBytes !== disk.capacity_bytes)
      throw unusable(
        disk,
        `its digests are of ${digests.sizeBytes} bytes, the disk has ${disk.capacity_bytes}`,
      )
  }
  const checked = await qemuImgCheck(files.image, {
    guard,
    owner: { jobId: backup.id, diskId: disk.disk_id, attemptNo: disk.attempt_no },
    ...(programs.qemuImg !== undefined && { program: programs.qemuImg }),
  })
  // Leaks only take room; a wrong reference would hand out somebody else's bytes.
  if (checked.corruptions > 0)
    throw unusable(disk, `qemu-img finds ${checked.corruptions} corruptions in its image`)
  // Of use until here: what stands is judged by its digests.
  await rm(files.areas, { force: true })
  return await sealOf(files.digests)
}

const syncDirectories = async ({ repository, backup, disks }: Point): Promise<void> => {
  const { path: root } = repository
  for (const disk of disks)
    await syncDirectory(diskFiles(root, backup.vm_context_id, disk.disk_id, backup.id).dir)
  await syncDirectory(disksDirectory(root, backup.vm_context_id))
  await syncDirectory(vmDirectory(root, backup.vm_context_id))
  await syncDirectory(pointsDirectory(root, backup.vm_context_id)).catch(ignoreMissing)
  await syncDirectory(root)
}

const factsOf = async (needs: Needs, { backup, disks, repository }: Point) => {
  const platform = await platformById(needs.db, backup.platform_id)
  const [vm] = await discoveryResult(needs.db, backup.id)
  if (platform === undefined || vm === undefined)
    throw new Failure('not-found', `What was discovered for backup ${backup.id} is gone`, {
      retry: false,
      remedy: 'Start the backup again.',
    })
  return {
    backup,
    disks,
    known: await disksOf(needs.db, backup.vm_context_id),
    repository,
    platform,
    vm,
    installationId: await installationId(needs.db),
    tools: await tools(needs),
  }
}

/** Versions of what wrote the point, for whoever must read it in ten years. */
const tools = async ({ guard, programs, version }: Needs): Promise<Record<string, string>> => {
  const { stdout } = await runProgram({
    guard,
    program: programs.qemuNbd,
    args: ['--version'],
    name: `version-${process.pid}-${Date.now().toString(36)}`,
    owner: { jobId: 'version', diskId: 'none', attemptNo: 0 },
    timeoutMs: 10_000,
  })
  return { sendense: version, 'qemu-nbd': /\d+(?:\.\d+)+/.exec(stdout)?.[0] ?? 'unknown' }
}

const ignoreMissing = (error: unknown): undefined => {
  if (isMissing(error)) return undefined
  throw error
}

const unusable = (disk: BackupDisk, why: string): Failure =>
  new Failure('point-damaged', `The copy of ${disk.label} cannot become a point: ${why}`, {
    retry: false,
    facts: { backup_id: disk.backup_id, disk: disk.label },
    remedy:
      'Nothing was committed. Start the backup again; if it happens twice, check the storage of the repository.',
  })
