import { Failure } from '../../domain/failure.js'
import type { Extent } from '../blocks/end.js'
import type { PlatformConnection, Snapshot, SnapshotDisk } from '../platforms/platform.js'

export interface PlannedAreas {
  readonly extents: readonly Extent[]
  readonly readReason: string
}

/**
 * What of a disk is read for a full backup: the areas that change tracking calls allocated, else the whole disk.
 * The reason is kept with the disk and shown.
 */
export async function planAreas(
  connection: PlatformConnection,
  snapshot: Snapshot,
  disk: SnapshotDisk,
): Promise<PlannedAreas> {
  const whole = [{ offset: 0, length: disk.capacityBytes }]
  if (connection.changeTracking === undefined || disk.changeId === null)
    return { extents: whole, readReason: 'changes are not tracked for this disk: all of it is read' }
  try {
    const extents = await connection.changeTracking.changedAreas(snapshot, disk, '*')
    return { extents, readReason: 'first copy in a chain: all allocated areas are read' }
  } catch (error) {
    if (error instanceof Failure && error.code.startsWith('change-tracking-'))
      return { extents: whole, readReason: `all of the disk is read: ${error.message}` }
    throw error
  }
}
