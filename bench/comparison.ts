/** One case, measured beside one peer in the same rounds. Seconds; ratio = ours / peer's, below 1 is faster. */
export interface Comparison {
  readonly name: string
  readonly peer: string
  readonly rounds: readonly { readonly ours: number; readonly theirs: number }[]
}

/** What one run took; absent where it has no meaning. Several processes at once are added up. */
export interface Usage {
  readonly seconds: number
  /** User and system, of the contender alone. */
  readonly cpuSeconds: number
  /** User and system, of the servers at both ends. */
  readonly serverCpuSeconds: number
  readonly peakRssBytes: number
  /** Of the same process before its first request: what the runtime takes anyway. */
  readonly idleRssBytes?: number
  /** What the targets take on disk. */
  readonly storedBytes?: number
  /** From the first copy's end to the last one's, of copies that began together. */
  readonly spreadSeconds?: number
}

/** One contender of a case, round by round. */
export interface Measured {
  readonly name: string
  readonly contender: string
  readonly rounds: readonly Usage[]
}

export const median = (numbers: readonly number[]): number => {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const [low, high] = [sorted[sorted.length % 2 === 1 ? middle : middle - 1], sorted[middle]]
  return ((low ?? NaN) + (high ?? NaN)) / 2
}

/** Median of each number for itself; one that some round has not is left out. */
export const medianUsage = (rounds: readonly Usage[]): Usage => {
  const names = Object.keys(rounds[0] ?? {}) as (keyof Usage)[]
  const entries = names.flatMap((name) => {
    const values = rounds.flatMap((round) => round[name] ?? [])
    return values.length === rounds.length ? [[name, median(values)] as const] : []
  })
  return Object.fromEntries(entries) as unknown as Usage
}

/** Median of the rounds' ratios: the two of a round saw the same minute of a noisy machine. */
export const ratioOf = ({ rounds }: Comparison): number =>
  median(rounds.map(({ ours, theirs }) => ours / theirs))

export const ratioLine = (comparison: Comparison): string =>
  `ratio ${comparison.name} ${comparison.peer} ${ratioOf(comparison).toFixed(2)}`
