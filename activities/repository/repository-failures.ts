import { Failure } from '../../domain/failure.js'
import type { Repository } from '../../domain/repository.js'
import { errorCode } from './durable-file.js'
import { markerFileName } from './layout.js'

type Place = Pick<Repository, 'name' | 'path' | 'marker'>

/** What a system error of the repository's file system means to an operator. */
export const storageFailure = (repository: Pick<Place, 'name' | 'path'>, error: unknown): Failure => {
  const errno = errorCode(error) ?? 'unknown'
  const facts = { repository: repository.name, path: repository.path, errno }
  const where = `Repository ${repository.name} (${repository.path})`
  if (errno === 'ENOSPC' || errno === 'EDQUOT')
    return new Failure('repository-full', `${where} has no room left (${errno})`, {
      retry: false,
      facts,
      remedy: 'Free room or raise the quota, then start again.',
    })
  if (errno === 'EROFS' || errno === 'EACCES' || errno === 'EPERM')
    return new Failure('repository-read-only', `${where} cannot be written to (${errno})`, {
      retry: false,
      facts,
      remedy: 'Mount it for writing and give the user that the worker runs as the right to write there.',
    })
  if (errno === 'ENOENT' || errno === 'ENOTDIR') return directoryMissing(repository)
  return new Failure('write-failed', `${where} reported a storage error (${errno})`, {
    retry: true,
    facts,
    remedy: 'Check the storage or the share below the repository.',
  })
}

export const directoryMissing = (repository: Pick<Place, 'name' | 'path'>): Failure =>
  new Failure(
    'repository-missing',
    `Repository ${repository.name}: the directory ${repository.path} is not there`,
    {
      retry: false,
      facts: { repository: repository.name, path: repository.path },
      remedy: 'Mount the share or make the directory, then try again.',
    },
  )

export const markerMissing = (repository: Place): Failure =>
  new Failure(
    'repository-marker',
    `Repository ${repository.name}: ${repository.path} does not hold the marker file ${markerFileName}; is the share mounted?`,
    {
      retry: false,
      facts: { repository: repository.name, path: repository.path, expected: repository.marker, found: null },
      remedy: 'Mount the share that holds this repository; nothing was written.',
    },
  )

export const foreignMarker = (
  repository: Place,
  found: { readonly marker: string; readonly repository: string },
): Failure =>
  new Failure(
    'repository-marker',
    `${repository.path} belongs to repository ${found.repository} (${found.marker}), not to ${repository.name} (${repository.marker})`,
    {
      retry: false,
      facts: {
        path: repository.path,
        expected: repository.marker,
        found: found.marker,
        owner: found.repository,
      },
      remedy: 'Choose another directory, or mount the right share there; nothing was written.',
    },
  )

export const unreadableMarker = (repository: Place): Failure =>
  new Failure(
    'repository-marker',
    `Repository ${repository.name}: the marker file in ${repository.path} cannot be read as one`,
    {
      retry: false,
      facts: { repository: repository.name, path: repository.path },
      remedy: `Look at ${markerFileName} there: a newer version of the product or a damaged file system wrote it.`,
    },
  )
