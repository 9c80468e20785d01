/** A point and the points that its disks are stored over. */
export interface LinkedPoint {
  readonly backupId: string
  readonly takenAt: Date
  readonly parentIds: readonly string[]
}

/** The points sorted into chains: all that are connected by parent links stand in one, whichever disk links them. */
export function chainsOf<Point extends LinkedPoint>(points: readonly Point[]): Point[][] {
  const neighbours = neighboursOf(points)
  const byId = new Map(points.map((point) => [point.backupId, point]))
  const seen = new Set<string>()
  const chains: Point[][] = []
  for (const { backupId } of points) {
    if (seen.has(backupId)) continue
    const reached = new Set([backupId])
    for (const id of reached) for (const next of neighbours.get(id) ?? []) reached.add(next)
    for (const id of reached) seen.add(id)
    chains.push([...reached].flatMap((id) => byId.get(id) ?? []))
  }
  return chains
}

/** The chain that a point belongs to; empty where it is not among the points. */
export const chainAround = <Point extends LinkedPoint>(points: readonly Point[], backupId: string): Point[] =>
  chainsOf(points).find((chain) => chain.some((point) => point.backupId === backupId)) ?? []

/**
 * The points in an order in which each is a leaf when its turn comes, newest first: cut short anywhere, what is left
 * can be read. Clocks may have gone back between a parent and its child, so the links decide before the times do.
 */
export function deletionOrder<Point extends LinkedPoint>(points: readonly Point[]): Point[] {
  let left = points.toSorted((a, b) => b.takenAt.getTime() - a.takenAt.getTime())
  const order: Point[] = []
  while (left.length > 0) {
    const leaf = left.find(({ backupId }) => !left.some(({ parentIds }) => parentIds.includes(backupId)))
    // A ring is no chain that we ever wrote; its points go as they come.
    const next = leaf ?? left[0]
    if (next === undefined) break
    order.push(next)
    left = left.filter((point) => point !== next)
  }
  return order
}

function neighboursOf(points: readonly LinkedPoint[]): ReadonlyMap<string, ReadonlySet<string>> {
  const neighbours = new Map(points.map(({ backupId }) => [backupId, new Set<string>()]))
  for (const { backupId, parentIds } of points)
    for (const parentId of parentIds) {
      neighbours.get(backupId)?.add(parentId)
      neighbours.get(parentId)?.add(backupId)
    }
  return neighbours
}
