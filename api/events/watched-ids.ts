/** Ids that are looked at for a while beyond what is looked at anyway. */
export interface WatchedIds {
  add(id: string): void
  ids(): string[]
}

const watchMs = 600_000

export function newWatchedIds(): WatchedIds {
  const until = new Map<string, number>()
  return {
    add: (id) => void until.set(id, Date.now() + watchMs),
    ids: () => {
      const now = Date.now()
      for (const [id, end] of until) if (end < now) until.delete(id)
      return [...until.keys()]
    },
  }
}
