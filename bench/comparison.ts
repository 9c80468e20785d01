/** One case, measured beside one peer in the same rounds. Seconds; ratio = ours / peer's, below 1 is faster. */
export interface Comparison {
  readonly name: string
  readonly peer: string
  readonly rounds: readonly { readonly ours: number; readonly theirs: number }[]
}

export const median = (numbers: readonly number[]): number => {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const [low, high] = [sorted[sorted.length % 2 === 1 ? middle : middle - 1], sorted[middle]]
  return ((low ?? NaN) + (high ?? NaN)) / 2
}

/** Median of the rounds' ratios: the two of a round saw the same minute of a noisy machine. */
export const ratioOf = ({ rounds }: Comparison): number =>
  median(rounds.map(({ ours, theirs }) => ours / theirs))

export const ratioLine = (comparison: Comparison): string =>
  `ratio ${comparison.name} ${comparison.peer} ${ratioOf(comparison).toFixed(2)}`
