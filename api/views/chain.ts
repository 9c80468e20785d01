import { newestAudit, suspectPoints } from '../../domain/rules/audits.js'
import { chainAround } from '../../domain/rules/chains.js'
import type { VmDisk } from '../../domain/vm-context.js'
import type { BackupWithDisks } from '../../drizzle/queries/backups.js'
import type { BackupChain, ChainSummary } from '../contract/backups.js'

/** Points of one disk that build on each other, oldest first; the first one stands alone (a root). */
export type Chain = readonly BackupWithDisks[]

/** Splits a disk's points (oldest first, one repository, each with this disk alone) into its chains, oldest first. */
export function chainsOf(points: readonly BackupWithDisks[]): Chain[] {
  const chainOfPoint = new Map<string, BackupWithDisks[]>()
  const chains: BackupWithDisks[][] = []
  for (const point of points) {
    const parent = point.disks[0]?.parent_backup_id ?? null
    let chain = parent === null ? undefined : chainOfPoint.get(parent)
    if (chain === undefined) chains.push((chain = []))
    chain.push(point)
    chainOfPoint.set(point.backup.id, chain)
  }
  return chains
}

/** What audits said of the chain's disk. */
export const auditsOf = (chain: Chain): Pick<BackupChain, 'audit' | 'suspect_backup_ids'> => {
  const points = chain.flatMap(({ backup, disks: [disk] }) => (disk === undefined ? [] : [{ backup, disk }]))
  return { audit: newestAudit(points), suspect_backup_ids: suspectPoints(points) }
}

/** The disk that `wanted` names by id or by index; the first one when nothing is named. */
export const chosenDisk = (disks: readonly VmDisk[], wanted: string | undefined): VmDisk | undefined => {
  if (wanted === undefined) return disks[0]
  return disks.find((disk) => disk.id === wanted) ?? disks.find((disk) => String(disk.disk_index) === wanted)
}

/** What a chain is called: by its root and the disk's index. */
export const chainIdOf = (root: BackupWithDisks): string =>
  `chain-${root.backup.id}-${root.disks[0]?.disk_index ?? 0}`

export const bytesOf = (chain: Chain): number =>
  chain.reduce((sum, point) => sum + (point.disks[0]?.bytes_stored ?? 0), 0)

/** A chain in short, its points each with this disk alone. */
export const toChainSummary = (chain: readonly [BackupWithDisks, ...BackupWithDisks[]]): ChainSummary => {
  const newest = chain.at(-1) ?? chain[0]
  return {
    chain_id: chainIdOf(chain[0]),
    full_backup_id: chain[0].backup.id,
    newest_backup_id: newest.backup.id,
    backup_count: chain.length,
    total_size_bytes: bytesOf(chain),
    first_point_at: momentOf(chain[0]),
    newest_point_at: momentOf(newest),
  }
}

/** The moment that a point holds. */
const momentOf = ({ backup }: BackupWithDisks): string => backup.snapshot_taken_at ?? backup.created_at

/** The points that can only be deleted together with this one, as `DELETE …?chain=true` does, in the order given. */
export function wholeChainOf(points: readonly BackupWithDisks[], id: string): BackupWithDisks[] {
  const linked = points.map((point) => ({
    backupId: point.backup.id,
    takenAt: new Date(momentOf(point)),
    parentIds: point.disks.flatMap((disk) => disk.parent_backup_id ?? []),
  }))
  const whole = new Set(chainAround(linked, id).map(({ backupId }) => backupId))
  return points.filter(({ backup }) => whole.has(backup.id))
}
