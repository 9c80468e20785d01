import { snapshotPrefix } from '../../domain/rules/names.js'
import { openBackups } from '../../drizzle/queries/backups.js'
import { platformById } from '../../drizzle/queries/platforms.js'
import { installationId } from '../../drizzle/queries/settings.js'
import type { CaptureSteps } from '../steps.js'
import type { CaptureDependencies } from './dependencies.js'

/** Safe to run twice: removes snapshots of this installation whose job is no longer open; others' are not looked at. */
export const sweepSnapshots =
  ({
    db,
    connections,
  }: Pick<CaptureDependencies, 'db' | 'connections' | 'now'>): CaptureSteps['sweepSnapshots'] =>
  async ({ platformId }) => {
    const platform = await platformById(db, platformId)
    if (platform === undefined) return { removed: 0 }
    const source = (await connections.to(platform)).source
    if (source === undefined) return { removed: 0 }
    // Snapshots first, open jobs second: a job that starts in between is then among the open ones.
    const found = await source.snapshotsNamed(snapshotPrefix(await installationId(db)))
    const open = new Set((await openBackups(db)).map((backup) => backup.snapshot_token))
    const left = found.filter((snapshot) => !open.has(snapshot.token))
    // One VM that refuses must not keep the others' snapshots growing.
    const ends = []
    for (const snapshot of left)
      ends.push(...(await Promise.allSettled([source.removeSnapshot(snapshot.instanceUuid, snapshot.token)])))
    const refused = ends.find((end) => end.status === 'rejected')
    if (refused) throw refused.reason
    return { removed: left.length }
  }
