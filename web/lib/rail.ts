/** What is drawn left of one item of a list whose items stand on others further down. Lanes count from the left. */
export interface RailRow {
  readonly lane: number
  /** Lanes with a line from the row's top down to the node: those of the items that stand on it. */
  readonly from: readonly number[]
  /** Lanes with a line through the whole row: they lead to an item further down. */
  readonly past: readonly number[]
  /** Whether a line leaves the node downwards, to what it stands on. */
  readonly goesOn: boolean
}

export interface RailItem {
  readonly id: string
  /** What it stands on; a parent that is not in the list is not drawn. */
  readonly parentId: string | null
}

/** Rails for items of which each stands on one further down; forks get lanes of their own. */
export const railOf = (items: readonly RailItem[]): RailRow[] => {
  const known = new Set(items.map(({ id }) => id))
  /** By lane: the item that its line leads to. */
  const lanes: (string | undefined)[] = []
  return items.map(({ id, parentId }) => {
    const from = lanes.flatMap((wanted, lane) => (wanted === id ? [lane] : []))
    const lane = from[0] ?? firstFree(lanes)
    for (const ended of from) lanes[ended] = undefined
    const past = lanes.flatMap((wanted, each) => (wanted === undefined ? [] : [each]))
    const goesOn = parentId !== null && known.has(parentId)
    lanes[lane] = goesOn ? parentId : undefined
    return { lane, from, past, goesOn }
  })
}

/** How many lanes these rows need. */
export const laneCount = (rows: readonly RailRow[]): number =>
  1 + Math.max(0, ...rows.flatMap(({ lane, from, past }) => [lane, ...from, ...past]))

const firstFree = (lanes: readonly (string | undefined)[]): number => {
  const free = lanes.indexOf(undefined)
  return free === -1 ? lanes.length : free
}
