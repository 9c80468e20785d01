import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { Failure } from '../../domain/failure.js'
import type { Repository } from '../../domain/repository.js'
import { createDurably, isMissing } from './durable-file.js'
import { markerFileName } from './layout.js'
import {
  directoryMissing,
  foreignMarker,
  markerMissing,
  storageFailure,
  unreadableMarker,
} from './repository-failures.js'

/** The file that tells a repository from an empty mount point: which repository this directory is. */
export const RepositoryMarker = z.object({
  format: z.literal('sendense-repository'),
  version: z.literal(1),
  marker: z.string(),
  repository: z.string(),
  created_at: z.string(),
})
export type RepositoryMarker = z.infer<typeof RepositoryMarker>

type Place = Pick<Repository, 'name' | 'path' | 'marker' | 'repository_type'>

/**
 * Makes the directory (0700) and its marker, or adopts a directory that bears this repository's marker. Files that
 * others keep there are left alone and do not hinder: only what lies in our own layout is ever touched. Safe to
 * run twice. Throws `repository-missing` (a share is never made, it is mounted), `repository-marker` when another
 * repository lives there, `repository-read-only`.
 */
export const prepareRepository = async (repository: Place, now: Date): Promise<void> => {
  checkPath(repository)
  if (repository.repository_type === 'local') await makeDirectory(repository)
  await checkDirectory(repository)
  const found = await readMarker(repository)
  if (found === undefined) {
    const marker: RepositoryMarker = {
      format: 'sendense-repository',
      version: 1,
      marker: repository.marker,
      repository: repository.name,
      created_at: now.toISOString(),
    }
    await translated(repository, () =>
      createDurably(path.join(repository.path, markerFileName), `${JSON.stringify(marker, null, 2)}\n`),
    )
  }
  // Read back: of two repositories prepared in one directory at the same moment, only one finds itself here.
  await checkMarker(repository)
}

/**
 * Proves that the directory is this repository and takes writes, before anything is written: an unmounted share
 * must not fill the root disk. Throws `repository-missing`, `repository-marker`, `repository-read-only`,
 * `repository-full` (not one byte fits).
 */
export const checkMarker = async (repository: Place): Promise<void> => {
  await checkIdentity(repository)
  const probe = path.join(repository.path, `.sendense-probe-${randomUUID()}.tmp`)
  // A real write: permission bits say nothing of a share's export options, nor of root's rights on it.
  await translated(repository, async () => {
    const handle = await open(probe, 'wx', 0o600)
    try {
      await handle.writeFile('sendense\n')
    } finally {
      await handle.close()
      await rm(probe, { force: true })
    }
  })
}

/** The same without a write: for reading a repository that may be mounted read-only. */
export const checkIdentity = async (repository: Place): Promise<void> => {
  checkPath(repository)
  await checkDirectory(repository)
  const found = await readMarker(repository)
  if (found === undefined) throw markerMissing(repository)
  if (found.marker !== repository.marker) throw foreignMarker(repository, found)
}

const checkPath = (repository: Place): void => {
  const { path: place } = repository
  const isPlain = path.isAbsolute(place) && path.normalize(place) !== '/' && !place.includes('\0')
  // Node's recursive mkdir never returns below the kernel's own file systems.
  if (isPlain && !/^\/(proc|sys|dev)(\/|$)/.test(path.normalize(place))) return
  throw new Failure(
    'bad-request',
    `Repository ${repository.name}: the path ${JSON.stringify(place)} is not a directory of its own`,
    {
      retry: false,
      remedy: 'Give an absolute path of a directory that only this repository uses.',
    },
  )
}

const makeDirectory = (repository: Place): Promise<void> =>
  translated(repository, async () => {
    await mkdir(repository.path, { recursive: true, mode: 0o700 })
  })

const checkDirectory = async (repository: Place): Promise<void> => {
  const found = await stat(repository.path).catch((error: unknown) => {
    if (isMissing(error)) return undefined
    throw storageFailure(repository, error)
  })
  if (found?.isDirectory() !== true) throw directoryMissing(repository)
}

const readMarker = async (repository: Place): Promise<RepositoryMarker | undefined> => {
  const text = await readFile(path.join(repository.path, markerFileName), 'utf8').catch((error: unknown) => {
    if (isMissing(error)) return undefined
    throw storageFailure(repository, error)
  })
  if (text === undefined) return undefined
  const parsed = RepositoryMarker.safeParse(jsonOf(text))
  if (!parsed.success) throw unreadableMarker(repository)
  return parsed.data
}

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

const translated = async <Result>(repository: Place, work: () => Promise<Result>): Promise<Result> => {
  try {
    return await work()
  } catch (error) {
    throw error instanceof Failure ? error : storageFailure(repository, error)
  }
}
