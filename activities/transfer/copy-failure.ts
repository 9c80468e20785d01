import { Failure } from '../../domain/failure.js'
import { EndError } from '../blocks/errors.js'
import { toFailure } from '../failure.js'

/** How often a disk may answer EIO at one place, freshly opened each time, before the run ends instead of trying on. */
const mediumErrorAttempts = 4

/**
 * Names the disk in an end's error. A lost connection is worth half an hour of attempts; EIO at the same place, from
 * an end that opens well, is a damaged disk or store, and an operator should hear of it while the night is young.
 * `times`: how often in a row the disk has failed there.
 */
export const namedByDisk = (error: unknown, label: string, times: number): unknown => {
  if (!(error instanceof EndError)) return error
  const { code, message, facts, remedy, retry } = toFailure(error)
  const isHopeless = error.errno === 'EIO' && times >= mediumErrorAttempts
  const inARow = isHopeless ? `, ${times} attempts in a row` : ''
  return new Failure(code, `${label}: ${message}${inARow}`, {
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

/** Where the copies of this process failed last. */
export interface FailedPlaces {
  /** How often in a row the copy has failed at this place, this time included; 0 for what is no end's error. */
  times(copy: string, error: unknown): number
  forget(copy: string): void
}

const remembered = 1000
const placeBytes = 1024 * 1024

/**
 * A read that a broken connection cut off is EIO, too, for what stands between us and the host: only the place tells
 * a bad block from a bad line. In memory, for a new process is a new try.
 */
export const newFailedPlaces = (): FailedPlaces => {
  const last = new Map<string, { readonly place: string; readonly times: number }>()
  return {
    times: (copy, error) => {
      if (!(error instanceof EndError)) return 0
      const place = `${error.side} ${error.errno} ${Math.floor(error.offset / placeBytes)}`
      const before = last.get(copy)
      const times = before?.place === place ? before.times + 1 : 1
      last.delete(copy)
      last.set(copy, { place, times })
      // Copies that were given up are never forgotten by name.
      if (last.size > remembered) last.delete(last.keys().next().value ?? '')
      return times
    },
    forget: (copy) => void last.delete(copy),
  }
}
