import { Failure } from '../../../domain/failure.js'
import type { Extent } from '../../blocks/end.js'
import { mergeExtents } from '../../blocks/extents.js'
import type { Snapshot, SnapshotDisk } from '../platform.js'
import type { Session } from './session.js'
import { isFault } from './soap-fault.js'
import { all, at, field, numberAt, refElement, textAt } from './xml.js'

/** One answer of QueryChangedDiskAreas: what lies between `startOffset` and `startOffset + length`. */
export interface ChangedPage {
  readonly startOffset: number | undefined
  readonly length: number | undefined
  readonly areas: readonly { readonly start: number | undefined; readonly length: number | undefined }[]
}

// A server that answers byte by byte would never end; 28,000 areas at 4 a page are 7,000 pages.
const maxPages = 200_000

/**
 * Areas of the snapshot's disk that changed since `since` (`*`: that are allocated), merged. Throws
 * `change-tracking-unavailable`, `change-tracking-malformed` or `snapshot-gone`.
 */
export const changedAreas = async (
  session: Session,
  snapshot: Snapshot,
  disk: SnapshotDisk,
  since: string,
): Promise<readonly Extent[]> => {
  if (disk.changeId === null) throw unavailable(disk, 'it is off for this disk')
  if (since !== '*') checkEpoch(disk, disk.changeId, since)
  const areas = await pagedAreas(disk, (startOffset) => query(session, snapshot, disk, since, startOffset))
  if (since === '*' && areas.length === 0) throw malformed(disk, 'it claims that nothing is allocated')
  return areas
}

// A change ID is `<epoch>/<number>`; another epoch (tracking was reset, the disk replaced) knows nothing of ours.
const checkEpoch = (disk: SnapshotDisk, now: string, since: string): void => {
  const [epochNow, numberNow] = split(now)
  const [epochSince, numberSince] = split(since)
  if (epochNow !== epochSince) throw unavailable(disk, 'it was reset since the last backup')
  if (numberNow !== undefined && numberSince !== undefined && numberSince > numberNow)
    throw unavailable(disk, `the last backup's change ID ${since} is newer than the snapshot's ${now}`)
}

const split = (changeId: string): [string, number | undefined] => {
  const slash = changeId.lastIndexOf('/')
  const number = changeId.slice(slash + 1)
  return [changeId.slice(0, Math.max(slash, 0)), /^\d{1,15}$/.test(number) ? Number(number) : undefined]
}

/** Asks page by page up to the disk's capacity, and believes nothing that contradicts itself. */
export const pagedAreas = async (
  disk: SnapshotDisk,
  ask: (startOffset: number) => Promise<ChangedPage>,
): Promise<Extent[]> => {
  const found: Extent[] = []
  let offset = 0
  for (let pages = 0; offset < disk.capacityBytes; pages++) {
    if (pages === maxPages) throw malformed(disk, `it did not come to an end in ${maxPages} answers`)
    const page = await ask(offset)
    const end = pageEnd(disk, offset, page)
    for (const area of page.areas) found.push(checkedArea(disk, area, offset, end, found.at(-1)))
    offset = end
  }
  return mergeExtents(found)
}

const pageEnd = (disk: SnapshotDisk, asked: number, { startOffset, length }: ChangedPage): number => {
  if (startOffset !== asked)
    throw malformed(disk, `asked from byte ${asked} it answered from byte ${startOffset ?? 'none'}`)
  if (length === undefined || length <= 0)
    throw malformed(disk, `its answer from byte ${asked} covers ${length ?? 'no'} bytes`)
  if (asked + length > disk.capacityBytes)
    throw malformed(disk, `its answer ends at byte ${asked + length}, the disk at ${disk.capacityBytes}`)
  return asked + length
}

const checkedArea = (
  disk: SnapshotDisk,
  { start, length }: ChangedPage['areas'][number],
  from: number,
  to: number,
  last: Extent | undefined,
): Extent => {
  if (start === undefined || length === undefined || start < 0 || length <= 0)
    throw malformed(disk, `an area has start ${start ?? 'none'} and length ${length ?? 'none'}`)
  if (start < from || start + length > to)
    throw malformed(disk, `the area ${start}+${length} lies outside its answer (bytes ${from} to ${to})`)
  if (last !== undefined && start < last.offset + last.length)
    throw malformed(disk, `the area ${start}+${length} does not follow ${last.offset}+${last.length}`)
  return { offset: start, length }
}

const query = async (
  session: Session,
  snapshot: Snapshot,
  disk: SnapshotDisk,
  since: string,
  startOffset: number,
): Promise<ChangedPage> => {
  const parameters =
    refElement('snapshot', { type: 'VirtualMachineSnapshot', value: snapshot.reference }) +
    field('deviceKey', disk.key) +
    field('startOffset', startOffset) +
    field('changeId', since)
  try {
    const on = { type: 'VirtualMachine', value: snapshot.vmReference }
    return page(at(await session.call({ method: 'QueryChangedDiskAreas', on, parameters }), 'returnval'))
  } catch (error) {
    throw translated(snapshot, disk, error)
  }
}

const page = (info: unknown): ChangedPage => ({
  startOffset: numberAt(info, 'startOffset'),
  length: numberAt(info, 'length'),
  areas: all(info, 'changedArea').map((area) => ({
    start: numberAt(area, 'start'),
    length: numberAt(area, 'length'),
  })),
})

// What the vCenter cannot answer it refuses with one of these; the disk is then read in full.
const translated = (snapshot: Snapshot, disk: SnapshotDisk, error: unknown): unknown => {
  if (isFault(error, 'ManagedObjectNotFound'))
    return new Failure('snapshot-gone', `The snapshot ${snapshot.token} is no longer there`, {
      retry: false,
      facts: { token: snapshot.token, disk: disk.path },
      remedy: 'Start the backup again; look for other software that removes snapshots of this VM.',
      cause: error,
    })
  if (
    !isFault(
      error,
      'FileFault',
      'FileNotFound',
      'InvalidArgument',
      'NotSupported',
      'MethodNotFound',
      'NotFound',
    )
  )
    return error
  const property = textAt(error.detail, 'invalidProperty')
  const said = error.sentence === '' ? error.type : `${error.type}, ${error.sentence}`
  return unavailable(
    disk,
    `the vCenter refuses (${said}${property === undefined ? '' : `, ${property}`})`,
    error,
  )
}

const unavailable = (disk: SnapshotDisk, why: string, cause?: unknown): Failure =>
  new Failure('change-tracking-unavailable', `Change tracking cannot answer for ${disk.path}: ${why}`, {
    retry: false,
    facts: { disk: disk.path, device_key: disk.key },
    remedy: 'The disk is read in full.',
    ...(cause === undefined ? {} : { cause }),
  })

const malformed = (disk: SnapshotDisk, what: string): Failure =>
  new Failure(
    'change-tracking-malformed',
    `Change tracking answers for ${disk.path} what cannot be: ${what}`,
    {
      retry: false,
      facts: { disk: disk.path, device_key: disk.key },
      remedy: 'The disk is read in full.',
    },
  )
