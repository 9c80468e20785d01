import { rename } from 'node:fs/promises'
import type { Backup } from '../../domain/backup.js'
import { Failure } from '../../domain/failure.js'
import type { Repository } from '../../domain/repository.js'
import { deleteBackupRow } from '../../drizzle/queries/backup-changes.js'
import { backupById, childrenOf, openBackupStatuses } from '../../drizzle/queries/backups.js'
import { pinsOn } from '../../drizzle/queries/pins.js'
import type { PinOwner } from '../../drizzle/queries/pins.js'
import type { Db } from '../../drizzle/open.js'
import { pointInUse } from '../catalog/point-in-use.js'
import type { RepositorySteps } from '../steps.js'
import { beating } from '../beating.js'
import type { RepositoryDependencies } from './dependencies.js'
import { isMissing, syncDirectory } from './durable-file.js'
import { manifestPath, pointsDirectory, retiredManifestPath } from './layout.js'
import { readManifests } from './manifest-file.js'
import { checkIdentity } from './marker.js'
import { openRepository, vmDirectoryOf } from './point.js'
import { removeBackupFiles, retireManifest } from './point-files.js'

/**
 * Safe to run twice, and after a crash anywhere: point by point manifest renamed away → row → files, each step only if
 * it is still to do. The caller has pinned the points and names none before one that is stored over it, so that what
 * a cut-short call leaves is a shorter chain. Throws `point-has-children` naming them, `conflict` for a backup that
 * runs, `lease-lost` where the points are no longer the caller's, and what `checkIdentity` throws, all before anything is
 * touched.
 */
export const deletePoint =
  ({ db }: Pick<RepositoryDependencies, 'db'>): RepositorySteps['deletePoint'] =>
  ({ repositoryId, vmContextId, points, workflowId, runId }) =>
    beating(async (signal, show) => {
      const repository = await openRepository(db, repositoryId)
      await checkIdentity(repository)
      await deletePinned(
        db,
        repository,
        { points, directory: vmContextId, owner: { owner: workflowId, runId } },
        (backupId, left) => {
          signal.throwIfAborted()
          show({ deleting: backupId, left })
        },
      )
    })

export interface PinnedPoints {
  /** No point before one that is stored over it. */
  readonly points: readonly string[]
  /** Where the files are of a point that has no row any more. */
  readonly directory: string
  readonly owner: PinOwner
}

/** The same within a step that has checked the repository; `before` is told each point, and may stop it there. */
export const deletePinned = async (
  db: Db,
  repository: Repository,
  { points, directory, owner }: PinnedPoints,
  before: (backupId: string, left: number) => void = () => undefined,
): Promise<void> => {
  const doomed = await doomedPoints(db, points, directory)
  await refuseWhileNeeded(db, repository, doomed)
  await checkPins(db, doomed, owner)
  for (const [index, point] of doomed.entries()) {
    before(point.backupId, doomed.length - index)
    await finishDelete(db, repository, { ...point, owner })
  }
}

interface Doomed {
  readonly backupId: string
  readonly directory: string
  readonly status: Backup['status'] | undefined
}

/** A point without a row may still have files: an earlier call was cut short between them. */
const doomedPoints = async (db: Db, points: readonly string[], vmContextId: string): Promise<Doomed[]> => {
  const doomed: Doomed[] = []
  for (const backupId of points) {
    const backup = await backupById(db, backupId)
    const directory = backup === undefined ? vmContextId : vmDirectoryOf({ backup })
    doomed.push({ backupId, directory, status: backup?.status })
  }
  return doomed
}

const refuseWhileNeeded = async (
  db: Db,
  repository: Repository,
  doomed: readonly Doomed[],
): Promise<void> => {
  const going = new Set(doomed.map(({ backupId }) => backupId))
  const told = await childrenTold(repository, new Set(doomed.map(({ directory }) => directory)))
  for (const { backupId, status } of doomed) {
    if (status !== undefined && (openBackupStatuses as readonly string[]).includes(status))
      throw stillRuns(backupId, status)
    const known = (await childrenOf(db, backupId)).map((child) => child.id)
    const children = new Set([...known, ...(told.get(backupId) ?? [])])
    const staying = [...children].filter((child) => !going.has(child))
    if (staying.length > 0) throw hasChildren(backupId, staying)
  }
}

// A workflow that was terminated may have steps that do not know it yet: their pins have been taken away.
const checkPins = async (db: Db, doomed: readonly Doomed[], owner: PinOwner): Promise<void> => {
  const rows = doomed.filter(({ status }) => status !== undefined).map(({ backupId }) => backupId)
  const pins = await pinsOn(db, rows)
  const lost = rows.find(
    (id) => !pins.some((pin) => pin.backupId === id && pin.purpose === 'delete' && isSame(pin, owner)),
  )
  if (lost === undefined) return
  throw new Failure('lease-lost', `Point ${lost} is no longer this workflow's to delete`, {
    retry: false,
    facts: { backup_id: lost },
    remedy: 'Delete it again.',
  })
}

const isSame = (a: PinOwner, b: PinOwner): boolean => a.owner === b.owner && a.runId === b.runId

/**
 * Takes a childless point out of life. Also the end of a delete that was cut short. Returns how many files went. Throws
 * `point-has-children` or `point-in-use` where somebody came to need it: then it is what it was.
 */
export const finishDelete = async (
  db: Db,
  repository: Repository,
  { directory, backupId, owner }: Pick<Doomed, 'directory' | 'backupId'> & { readonly owner?: PinOwner },
): Promise<number> => {
  await retireManifest(repository.path, directory, backupId)
  const row = await deleteBackupRow(db, backupId, owner)
  if (row === 'has-children' || row === 'in-use') {
    await revive(repository.path, directory, backupId)
    if (row === 'in-use') throw await pointInUse(db, await pinsOn(db, [backupId]))
    throw hasChildren(
      backupId,
      (await childrenOf(db, backupId)).map((child) => child.id),
    )
  }
  return await removeBackupFiles(repository.path, directory, backupId)
}

/** What is stored over each point by the manifests, for the catalogue may be behind. */
const childrenTold = async (
  repository: Repository,
  directories: ReadonlySet<string>,
): Promise<ReadonlyMap<string, readonly string[]>> => {
  const children = new Map<string, string[]>()
  for (const directory of directories)
    for (const read of await readManifests(repository.path, directory)) {
      if (read.kind !== 'manifest') continue
      for (const { parent_backup_id: parentId } of read.manifest.disks)
        if (parentId !== null)
          children.set(parentId, [...(children.get(parentId) ?? []), read.manifest.backup_id])
    }
  return children
}

const revive = async (repositoryPath: string, directory: string, backupId: string): Promise<void> => {
  try {
    await rename(
      retiredManifestPath(repositoryPath, directory, backupId),
      manifestPath(repositoryPath, directory, backupId),
    )
    await syncDirectory(pointsDirectory(repositoryPath, directory))
  } catch (error) {
    // A damaged point may have had no manifest before.
    if (!isMissing(error)) throw error
  }
}

const hasChildren = (backupId: string, children: readonly string[]): Failure =>
  new Failure(
    'point-has-children',
    `Point ${backupId} cannot be deleted: ${children.slice(0, 5).join(', ')}${children.length > 5 ? ' and others are' : children.length > 1 ? ' are' : ' is'} stored over it`,
    {
      retry: false,
      facts: { backup_id: backupId, children: children.slice(0, 20).join(', '), count: children.length },
      remedy: 'Delete those points first, newest first, or the whole chain at once.',
    },
  )

const stillRuns = (backupId: string, status: string): Failure =>
  new Failure('conflict', `Backup ${backupId} is ${status} and cannot be deleted`, {
    retry: false,
    facts: { backup_id: backupId, status },
    remedy: 'Cancel it or wait until it ends.',
  })
