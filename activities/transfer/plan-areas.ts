import type { ReadMode } from '../../domain/backup.js'
import { Failure } from '../../domain/failure.js'
import type { Extent } from '../blocks/end.js'
import type { PlatformConnection, Snapshot, SnapshotDisk } from '../platforms/platform.js'

export interface PlannedAreas {
  readonly extents: readonly Extent[]
  readonly readMode: ReadMode
  readonly readReason: string
}

/** The disk at the point that the new one is stored over. */
export interface Base {
  readonly backupId: string
  readonly capacityBytes: number
  readonly changeId: string | null
}

/**
 * What of a disk is read: over a base the areas that changed since it, for a new chain the allocated ones, and all of
 * the disk where change tracking cannot be asked or believed: `doubt` is the point whose audit found it wrong. The
 * reason is kept with the disk and shown.
 */
export async function planAreas(
  connection: PlatformConnection,
  snapshot: Snapshot,
  disk: SnapshotDisk,
  base: Base | undefined,
  doubt?: string,
): Promise<PlannedAreas> {
  const all = (readReason: string): PlannedAreas => ({
    extents: [{ offset: 0, length: disk.capacityBytes }],
    readMode: 'full',
    readReason,
  })
  const { changeTracking } = connection
  if (changeTracking === undefined || disk.changeId === null)
    return all('changes are not tracked for this disk: all of it is read')
  if (doubt !== undefined)
    return all(
      `all of the disk is read: an audit found changes that change tracking did not tell of (see ${doubt})`,
    )
  // Areas that are not allocated any more must become zeros over a base: it takes all of the disk to see them.
  const since = base === undefined ? '*' : sinceOf(disk, base)
  if (since === undefined) return all(`all of the disk is read: ${whyNotSince(disk, base)}`)
  try {
    const extents = await changeTracking.changedAreas(snapshot, disk, since)
    return base === undefined
      ? { extents, readMode: 'full', readReason: 'first copy in a chain: all allocated areas are read' }
      : { extents, readMode: 'changed', readReason: `the areas that changed since ${base.backupId} are read` }
  } catch (error) {
    if (error instanceof Failure && error.code.startsWith('change-tracking-'))
      return all(`all of the disk is read: ${error.message}`)
    throw error
  }
}

const sinceOf = (disk: SnapshotDisk, base: Base): string | undefined =>
  base.capacityBytes === disk.capacityBytes ? (base.changeId ?? undefined) : undefined

const whyNotSince = (disk: SnapshotDisk, base: Base | undefined): string => {
  if (base !== undefined && base.capacityBytes !== disk.capacityBytes)
    return `it has grown from ${base.capacityBytes} to ${disk.capacityBytes} bytes since ${base.backupId}`
  return `changes were not tracked when ${base?.backupId ?? 'its base'} was taken`
}
