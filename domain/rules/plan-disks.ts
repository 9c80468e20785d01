import type { BackupType, RequestedBackupType, StoredAs } from '../backup.js'

/** When a chain ends and a full backup begins the next one. */
export interface FullEvery {
  readonly days: number
  readonly points: number
}

/** A disk that is to be backed up now. */
export interface PlanDisk {
  readonly diskId: string
  readonly capacityBytes: number
}

/** One disk of an earlier completed point of the same VM in the same repository. */
export interface BasePoint {
  readonly backupId: string
  readonly takenAt: Date
  readonly isDamaged: boolean
  readonly disks: readonly {
    readonly diskId: string
    readonly capacityBytes: number
    readonly parentBackupId: string | null
  }[]
}

export interface PlannedStorage {
  readonly diskId: string
  readonly storedAs: StoredAs
  readonly storedReason: string
  readonly parentBackupId: string | null
}

export interface BackupPlan {
  readonly backupType: BackupType
  readonly reason: string
  readonly disks: readonly PlannedStorage[]
}

interface PlanInput {
  readonly requested: RequestedBackupType
  readonly disks: readonly PlanDisk[]
  /** Newest first. */
  readonly points: readonly BasePoint[]
  readonly fullEvery: FullEvery
  readonly now: Date
}

const dayMs = 86_400_000

/**
 * Decides for every disk whether it is stored over an earlier point or begins a chain. What is read follows from that
 * point's own change ID, so failed runs and other repositories never clash.
 */
export function planDisks(input: PlanInput): BackupPlan {
  const why = whyAllFull(input)
  const disks = input.disks.map((disk) => (why === null ? planDisk(disk, input.points) : rootOf(disk, why)))
  const overlays = disks.filter(({ storedAs }) => storedAs === 'overlay')
  const [first] = overlays
  if (first === undefined)
    return { backupType: 'full', reason: why ?? disks[0]?.storedReason ?? 'there are no disks', disks }
  const rest = disks.length - overlays.length
  const parents = [...new Set(overlays.map(({ parentBackupId }) => parentBackupId))].join(', ')
  const besides = rest === 0 ? '' : `; ${rest} of ${disks.length} disk(s) begin a chain`
  return { backupType: 'incremental', reason: `over ${parents}${besides}`, disks }
}

/** Why no disk may be stored over an earlier point, or null. */
function whyAllFull({ requested, points, fullEvery, now }: PlanInput): string | null {
  if (requested === 'full') return 'a full backup was asked for'
  const [newest] = points
  if (newest === undefined) return 'there is no earlier point of this VM in this repository'
  const chain = chainOf(newest, points)
  const damage = whyDamaged(newest, chain)
  if (damage !== null) return damage
  if (chain.length >= fullEvery.points)
    return `the chain has ${chain.length} points, a full backup comes every ${fullEvery.points}`
  const root = chain.at(-1) ?? newest
  const days = (now.getTime() - root.takenAt.getTime()) / dayMs
  if (days >= fullEvery.days)
    return `the chain is ${Math.floor(days)} days old, a full backup comes every ${fullEvery.days}`
  return null
}

/** Why nothing may be stored over a point: what it stands on was found damaged, or itself; else null. */
function whyDamaged({ backupId }: BasePoint, chain: readonly BasePoint[]): string | null {
  const damaged = chain.find(({ isDamaged }) => isDamaged)
  if (damaged === undefined) return null
  return damaged.backupId === backupId
    ? `the newest point ${backupId} was found damaged`
    : `${backupId} needs ${damaged.backupId}, which was found damaged`
}

/** The points that this one needs, itself first: those its disks lie on, transitively. */
function chainOf(newest: BasePoint, points: readonly BasePoint[]): BasePoint[] {
  const byId = new Map(points.map((point) => [point.backupId, point]))
  const needed = new Map<string, BasePoint>([[newest.backupId, newest]])
  for (const point of needed.values())
    for (const { parentBackupId } of point.disks) {
      const parent = parentBackupId === null ? undefined : byId.get(parentBackupId)
      if (parent !== undefined) needed.set(parent.backupId, parent)
    }
  return [...needed.values()].sort((a, b) => b.takenAt.getTime() - a.takenAt.getTime())
}

function planDisk(disk: PlanDisk, points: readonly BasePoint[]): PlannedStorage {
  for (const point of points) {
    const base = point.disks.find(({ diskId }) => diskId === disk.diskId)
    if (base === undefined) continue
    const damage = whyDamaged(point, chainOf(point, points))
    if (damage !== null) return rootOf(disk, damage)
    if (base.capacityBytes > disk.capacityBytes)
      return rootOf(disk, `it is smaller than at its newest point ${point.backupId}`)
    return {
      diskId: disk.diskId,
      storedAs: 'overlay',
      storedReason: `only what differs from ${point.backupId} is stored`,
      parentBackupId: point.backupId,
    }
  }
  return rootOf(disk, 'no earlier point of this VM in this repository holds this disk')
}

const rootOf = ({ diskId }: PlanDisk, storedReason: string): PlannedStorage => ({
  diskId,
  storedAs: 'root',
  storedReason,
  parentBackupId: null,
})
