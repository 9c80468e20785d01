import type { AuditScope, BackupDisk } from '../../domain/backup.js'
import { Failure } from '../../domain/failure.js'
import { openDigests } from '../blocks/digest-reader.js'
import type { Extent } from '../blocks/end.js'
import { intersectExtents, subtractExtents, totalBytes } from '../blocks/extents.js'
import { sampleAreas } from '../blocks/sample-areas.js'
import { verify } from '../blocks/verify.js'
import type { VerifyResult } from '../blocks/verify.js'
import { readAreas } from '../repository/areas-file.js'
import { diskFiles } from '../repository/layout.js'
import { checkMarker } from '../repository/marker.js'
import { openBase } from '../repository/open-base.js'
import { openPoint } from '../repository/point.js'
import type { Point } from '../repository/point.js'
import type { AuditedDisk } from '../steps.js'
import type { TransferDependencies } from './dependencies.js'
import { frozenDisk } from './frozen-disk.js'
import type { Attempt } from './attempt.js'
import { openSource } from './open-ends.js'

export interface AuditProgress {
  readonly bytesChecked: number
  readonly bytesTotal: number
}

export interface AuditOptions {
  readonly scope: AuditScope
  readonly signal: AbortSignal
  readonly onProgress: (progress: AuditProgress) => void
}

/** The parts of what is read: where change tracking claimed no change, and where this run has copied. */
interface Plan {
  readonly unclaimed: readonly Extent[]
  readonly copied: readonly Extent[]
}

/** Reads the disk in the snapshot, or a sample of it, and tells whether the point to be made holds the same. */
export async function auditAreas(
  dependencies: TransferDependencies,
  attempt: Attempt,
  options: AuditOptions,
): Promise<AuditedDisk> {
  const { job, disk } = attempt
  const point = await openPoint(dependencies.db, job.backup.id)
  await checkMarker(point.repository)
  const plan = await planOf(point, disk, options.scope)
  if (plan === undefined) return { result: null, detail: 'all of the disk was read: nothing to audit' }
  const found = await compare(dependencies, attempt, point, plan, options)
  if (found.copied.mismatchedBytes > 0) throw copyDiffers(disk, found.copied)
  const { unclaimed } = found
  const read = `${mib(unclaimed.bytesTotal + found.copied.bytesTotal)} of ${mib(disk.capacity_bytes)} MiB`
  if (unclaimed.mismatchedBytes > 0) return { result: 'differs', detail: whatDiffers(disk, unclaimed, read) }
  if (unclaimed.bytesTotal === 0)
    return { result: null, detail: `${read} were compared, and change tracking had claimed all of them` }
  return {
    result: 'agrees',
    detail: `${read} were compared: nothing has changed that change tracking did not tell of`,
  }
}

/** Undefined where all of the disk was read: then nothing was claimed. */
async function planOf(point: Point, disk: BackupDisk, scope: AuditScope): Promise<Plan | undefined> {
  const sizeBytes = disk.capacity_bytes
  const claimed = await readAreas(filesOf(point, disk).areas, sizeBytes)
  if (claimed === undefined) throw unknownAreas(disk)
  if (totalBytes(claimed) === sizeBytes) return undefined
  const seed = `${disk.backup_id}/${disk.disk_id}`
  const wanted = scope === 'all' ? [{ offset: 0, length: sizeBytes }] : sampleAreas(sizeBytes, seed)
  return { unclaimed: subtractExtents(wanted, claimed), copied: intersectExtents(wanted, claimed) }
}

async function compare(
  dependencies: TransferDependencies,
  attempt: Attempt,
  point: Point,
  { unclaimed, copied }: Plan,
  { signal, onProgress }: AuditOptions,
): Promise<{ readonly unclaimed: VerifyResult; readonly copied: VerifyResult }> {
  const { job, disk, attemptNo } = attempt
  const { snapshot, frozen } = await frozenDisk(attempt)
  const base = await openBase(point, disk)
  if (base?.kind === 'broken') throw brokenBase(disk, base.why)
  await using below = base
  await using own = await openDigests(filesOf(point, disk).digests)
  const reader = await job.source.diskReader(snapshot, frozen)
  const owner = { jobId: job.backup.id, diskId: disk.disk_id, attemptNo }
  const places = await dependencies.limits.placesFor(job.context.platform_id)
  await using from = await openSource(dependencies, reader, owner, signal, { places })
  const bytesTotal = totalBytes(unclaimed) + totalBytes(copied)
  const check = (areas: readonly Extent[], before: number): Promise<VerifyResult> =>
    verify({
      end: from.end,
      digests: [own, ...(below?.digests ?? [])],
      areas,
      signal,
      stallMs: dependencies.stallMs,
      onProgress: ({ bytesChecked }) => onProgress({ bytesChecked: before + bytesChecked, bytesTotal }),
    })
  return { unclaimed: await check(unclaimed, 0), copied: await check(copied, totalBytes(unclaimed)) }
}

const filesOf = ({ repository, backup }: Point, disk: BackupDisk) =>
  diskFiles(repository.path, backup.vm_context_id, disk.disk_id, backup.id)

const mib = (bytes: number): number => Math.ceil(bytes / 2 ** 20)

function whatDiffers(disk: BackupDisk, found: VerifyResult, read: string): string {
  const { parent_backup_id: parent } = disk
  const what = parent === null ? 'that are in use' : `that changed since ${parent}`
  const first = found.mismatches[0]?.offset ?? 0
  return (
    `change tracking did not tell of ${found.mismatchedBytes} bytes ${what}, the first at offset ${first} ` +
    `(${read} were compared); this point does not hold them, and the next backup reads all of this disk`
  )
}

const copyDiffers = ({ label, backup_id }: BackupDisk, found: VerifyResult): Failure => {
  const first = found.mismatches[0]?.offset ?? 0
  return new Failure(
    'point-damaged',
    `${label}: ${found.mismatchedBytes} bytes that this backup has copied differ from its snapshot, the first at offset ${first}`,
    {
      retry: false,
      facts: { backup_id, disk: label, bytes: found.mismatchedBytes, offset: first },
      remedy:
        "Nothing was committed. Start the backup again; if it happens twice, check the datastore and the worker's memory.",
    },
  )
}

const brokenBase = ({ label, backup_id }: BackupDisk, why: string): Failure =>
  new Failure('point-damaged', `${label}: what its copy is stored over is broken: ${why}`, {
    retry: false,
    facts: { backup_id, disk: label },
    remedy: 'Nothing was committed. Start the backup again: it begins a new chain.',
  })

const unknownAreas = ({ label }: BackupDisk): Failure =>
  new Failure('not-available', `${label}: what of it was read is not known any more`, {
    retry: false,
    remedy: 'Start another backup and ask for its audit.',
  })
