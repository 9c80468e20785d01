import { newestAudit, suspectPoints } from '../../domain/rules/audits.js'
import type { VmDisk } from '../../domain/vm-context.js'
import type { BackupWithDisks } from '../../drizzle/queries/backups.js'
import type { BackupChain } from '../contract/backups.js'

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
