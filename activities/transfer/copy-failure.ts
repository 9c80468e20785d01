import { Failure } from '../../domain/failure.js'
import { EndError } from '../blocks/errors.js'
import { toFailure } from '../failure.js'

/** How often a disk may answer EIO, freshly opened each time, before the run ends instead of trying on. */
const mediumErrorAttempts = 4

/**
 * Names the disk in an end's error. A lost connection is worth half an hour of attempts; EIO from an end that opens
 * well is a damaged disk or store, and an operator should hear of it while the night is young.
 */
export const namedByDisk = (error: unknown, label: string, attempt: number): unknown => {
  if (!(error instanceof EndError)) return error
  const { code, message, facts, remedy, retry } = toFailure(error)
  const isHopeless = error.errno === 'EIO' && attempt >= mediumErrorAttempts
  const times = isHopeless ? `, ${attempt} attempts in a row` : ''
  return new Failure(code, `${label}: ${message}${times}`, {
    retry: retry && !isHopeless,
    facts: { ...facts, disk: label },
    ...(remedy === undefined ? {} : { remedy: isHopeless ? remedyOf(error) : remedy }),
    cause: error,
  })
}

const remedyOf = ({ side }: EndError): string =>
  side === 'source'
    ? 'Check the datastore that holds the disk, then start the backup again; its earlier points still stand.'
    : 'Check the storage of the repository, then start the backup again; its earlier points still stand.'
