import { access, readdir, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { Failure } from '../../domain/failure.js'
import type { Backup } from '../../domain/backup.js'
import type { Repository } from '../../domain/repository.js'
import type { Db } from '../../drizzle/open.js'
import { backupById, openBackupStatuses } from '../../drizzle/queries/backups.js'
import { releasePins, takePins } from '../../drizzle/queries/pins.js'
import type { PinOwner } from '../../drizzle/queries/pins.js'
import type { RepositorySteps } from '../steps.js'
import { finishDelete } from './delete-point.js'
import { beating } from '../beating.js'
import type { RepositoryDependencies } from './dependencies.js'
import { isMissing } from './durable-file.js'
import { retiredManifestPath } from './layout.js'
import { checkIdentity } from './marker.js'
import { openRepository } from './point.js'
import {
  filesOfRepository,
  filesOfVm,
  isBesidePoint,
  removeBackupFiles,
  removeBesidePoint,
} from './point-files.js'
import type { OwnedFile } from './point-files.js'

/** What one backup left: by its VM's directory and its id. */
export interface LeftoverGroup {
  readonly vmContextId: string
  readonly backupId: string
  /** `files`: no manifest and no open job; `delete`: a delete that was cut short; `beside`: only beside a point. */
  readonly kind: 'files' | 'delete' | 'beside'
}

export interface Leftovers {
  readonly groups: readonly LeftoverGroup[]
  /** Points that no row tells of: reported, never removed. A rescan brings them back. */
  readonly unknownPoints: readonly string[]
}

// Files of a job that we have never heard of may be another installation's copy in the making.
const foreignAfterMs = 24 * 3600 * 1000

/**
 * Safe to run twice: removes files of jobs that are over and made no point, what attempts left beside a point, and
 * finishes deletes that were cut short. Points are never touched, nor files of jobs that are open.
 */
export const sweepRepository =
  ({ db, now }: Pick<RepositoryDependencies, 'db' | 'now'>): RepositorySteps['sweepRepository'] =>
  ({ repositoryId, workflowId, runId }) =>
    beating(async () => {
      const repository = await openRepository(db, repositoryId)
      await checkIdentity(repository)
      const { groups } = await findLeftovers(db, repository, now())
      let removed = await removeProbes(repository.path, now())
      const owner = { owner: workflowId, runId }
      for (const group of groups) removed += await removeGroup(db, repository, group, owner)
      return { removed }
    })

const removeGroup = async (
  db: Db,
  repository: Repository,
  group: LeftoverGroup,
  owner: PinOwner,
): Promise<number> => {
  const { kind, vmContextId, backupId } = group
  if (kind === 'delete') return endOfDelete(db, repository, group, owner)
  if (kind === 'files') return removeBackupFiles(repository.path, vmContextId, backupId)
  const files = await filesOfVm(repository.path, vmContextId)
  return removeBesidePoint(files.filter((file) => file.backupId === backupId))
}

/** Looks at the files first and at the rows second: a job that starts in between is then among the open ones. */
export const findLeftovers = async (db: Db, repository: Repository, now: Date): Promise<Leftovers> => {
  const byBackup = new Map<string, OwnedFile[]>()
  for (const file of await filesOfRepository(repository.path)) {
    const key = `${file.vmContextId}/${file.backupId}`
    byBackup.set(key, [...(byBackup.get(key) ?? []), file])
  }
  const groups: LeftoverGroup[] = []
  const unknownPoints: string[] = []
  for (const files of byBackup.values()) {
    const [first] = files
    if (first === undefined) continue
    const { vmContextId, backupId } = first
    const row = await backupById(db, backupId)
    if (files.some((file) => file.kind === 'manifest')) {
      if (row === undefined) unknownPoints.push(backupId)
      // The worker that wrote them was killed; a job that is open may be writing now.
      else if (row.status === 'completed' && files.some(isBesidePoint))
        groups.push({ vmContextId, backupId, kind: 'beside' })
    } else if (files.some((file) => file.kind === 'retired'))
      groups.push({ vmContextId, backupId, kind: 'delete' })
    else if (await isLeftover(row, files, now)) groups.push({ vmContextId, backupId, kind: 'files' })
  }
  return { groups, unknownPoints }
}

const isLeftover = async (
  row: Backup | undefined,
  files: readonly OwnedFile[],
  now: Date,
): Promise<boolean> => {
  // A completed backup without its manifest is damaged, which a person must see, and not swept.
  if (row !== undefined)
    return row.status !== 'completed' && !(openBackupStatuses as readonly string[]).includes(row.status)
  const ages = await Promise.all(files.map((file) => ageMs(file.path, now)))
  return Math.min(...ages) > foreignAfterMs
}

/**
 * The operator wanted the point gone; whoever has come to need it since keeps it, and that is no error of the sweep. A
 * delete that still runs is left to itself.
 */
const endOfDelete = async (
  db: Db,
  repository: Repository,
  { vmContextId, backupId }: LeftoverGroup,
  owner: PinOwner,
): Promise<number> => {
  const taking = await takePins(db, [backupId], { ...owner, purpose: 'delete' })
  if (taking.kind === 'held' && taking.by.some(({ purpose }) => purpose === 'delete')) return 0
  try {
    // A delete that was refused has given the point its manifest back since we looked.
    if (!(await isThere(retiredManifestPath(repository.path, vmContextId, backupId)))) return 0
    return await finishDelete(db, repository, { directory: vmContextId, backupId, owner })
  } catch (error) {
    if (error instanceof Failure && ['point-has-children', 'point-in-use'].includes(error.code)) return 0
    throw error
  } finally {
    await releasePins(db, owner, [backupId])
  }
}

const removeProbes = async (repositoryPath: string, now: Date): Promise<number> => {
  const names = (await readdir(repositoryPath)).filter((name) =>
    /^\.sendense-[a-z-]+[0-9a-f.-]*(?:json\.[0-9a-f]+)?\.tmp$/.test(name),
  )
  let removed = 0
  for (const name of names) {
    const file = path.join(repositoryPath, name)
    if ((await ageMs(file, now)) < foreignAfterMs) continue
    await rm(file, { force: true })
    removed++
  }
  return removed
}

const ageMs = async (file: string, now: Date): Promise<number> => {
  try {
    return now.getTime() - (await stat(file)).mtimeMs
  } catch (error) {
    if (isMissing(error)) return Infinity
    throw error
  }
}

const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    (error: unknown) => {
      if (isMissing(error)) return false
      throw error
    },
  )
