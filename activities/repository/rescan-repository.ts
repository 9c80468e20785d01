import { stat } from 'node:fs/promises'
import { Failure } from '../../domain/failure.js'
import type { Manifest } from '../../domain/manifest.js'
import type { Repository } from '../../domain/repository.js'
import type { Db } from '../../drizzle/open.js'
import { restoreBackupFromManifest } from '../../drizzle/queries/rescan.js'
import type { RepositorySteps } from '../steps.js'
import { beating } from '../beating.js'
import type { RepositoryDependencies } from './dependencies.js'
import { isMissing } from './durable-file.js'
import { chainOfDisk } from './image-chain.js'
import { manifestPath } from './layout.js'
import { readManifests } from './manifest-file.js'
import { checkIdentity } from './marker.js'
import { openRepository } from './point.js'
import { sealOf } from './seal.js'
import { vmDirectories } from './storage.js'

/** Reasons kept of points that were refused: the result stands in a workflow's history. */
const reasonsKept = 50

interface Refusals {
  count: number
  readonly reasons: string[]
}

/**
 * Safe to run twice: a point that the catalogue knows is left as it is. Reads every manifest and writes back what an
 * empty database has lost: platform (without its password, which no manifest holds), VM, disks, point. Points whose
 * files are not what the manifest says are refused with the reason.
 */
export const rescanRepository =
  ({ db }: Pick<RepositoryDependencies, 'db'>): RepositorySteps['rescanRepository'] =>
  ({ repositoryId }) =>
    beating(async (signal, show) => {
      const repository = await openRepository(db, repositoryId)
      await checkIdentity(repository)
      const refused: Refusals = { count: 0, reasons: [] }
      let pointsFound = 0
      let restored = 0
      for (const vm of await vmDirectories(repository.path)) {
        const unusableBefore = refused.count
        const manifests = await manifestsOfVm(repository, vm, refused)
        pointsFound += manifests.length + refused.count - unusableBefore
        show({ vm, pointsFound })
        restored += await restoreVm(db, repository, manifests, refused, signal)
      }
      return { pointsFound, pointsRestored: restored, pointsRefused: summary(refused) }
    })

/** The usable manifests of one VM, oldest first, so that parents come before their children. */
const manifestsOfVm = async (repository: Repository, vm: string, refused: Refusals): Promise<Manifest[]> => {
  const manifests: Manifest[] = []
  for (const read of await readManifests(repository.path, vm)) {
    if (read.kind === 'refused') refuse(refused, read.backupId, read.reason)
    else if (read.manifest.repository_marker !== repository.marker)
      refuse(refused, read.manifest.backup_id, `it belongs to repository ${read.manifest.repository_marker}`)
    else manifests.push(read.manifest)
  }
  return manifests.toSorted((a, b) => a.created_at.localeCompare(b.created_at))
}

const restoreVm = async (
  db: Db,
  repository: Repository,
  manifests: readonly Manifest[],
  refused: Refusals,
  signal: AbortSignal,
): Promise<number> => {
  let restored = 0
  let waiting = manifests
  // Clocks may have gone back between a parent and its child: what waited for a parent is tried again after it.
  for (let progressed = true; progressed && waiting.length > 0;) {
    const still: Manifest[] = []
    progressed = false
    for (const manifest of waiting) {
      signal.throwIfAborted()
      const outcome = await restoreOne(db, repository, manifest, refused, signal)
      if (outcome === 'waits') still.push(manifest)
      else progressed = true
      if (outcome === 'restored') restored++
    }
    waiting = still
  }
  for (const manifest of waiting)
    refuse(refused, manifest.backup_id, 'the point that it is stored over is not there')
  return restored
}

const restoreOne = async (
  db: Db,
  repository: Repository,
  manifest: Manifest,
  refused: Refusals,
  signal: AbortSignal,
): Promise<'restored' | 'known' | 'waits' | 'refused'> => {
  try {
    await checkFiles(repository, manifest, signal)
    const { kind } = await restoreBackupFromManifest(db, {
      manifest,
      manifestPath: manifestPath(repository.path, manifest.vm_context_id, manifest.backup_id),
      repositoryId: repository.id,
    })
    return kind === 'parent-missing' ? 'waits' : kind
  } catch (error) {
    if (!(error instanceof Failure) || error.retry) throw error
    refuse(refused, manifest.backup_id, error.message)
    return 'refused'
  }
}

/** That the files are there and the digests are the committed ones; the blocks themselves are for a verification. */
const checkFiles = async (repository: Repository, manifest: Manifest, signal: AbortSignal): Promise<void> => {
  for (const disk of manifest.disks) {
    const [top] = await chainOfDisk(repository, manifest, disk.disk_id)
    for (const file of [top.image, top.digests])
      if (!(await isFile(file))) throw damaged(manifest, `${disk.label}: ${file} is not there`)
    if ((await sealOf(top.digests, signal)) !== disk.digest_seal)
      throw damaged(manifest, `${disk.label}: the digest file is not the one that was committed`)
  }
}

const isFile = async (file: string): Promise<boolean> => {
  try {
    return (await stat(file)).isFile()
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

const damaged = (manifest: Manifest, why: string): Failure =>
  new Failure('point-damaged', why, { retry: false, facts: { backup_id: manifest.backup_id } })

const refuse = (refused: Refusals, backupId: string, reason: string): void => {
  refused.count++
  if (refused.reasons.length < reasonsKept) refused.reasons.push(`${backupId}: ${reason}`.slice(0, 300))
}

const summary = ({ count, reasons }: Refusals): string[] =>
  count > reasons.length ? [...reasons, `and ${count - reasons.length} more`] : reasons
