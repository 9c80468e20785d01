import type { End, Extent } from './end.js'
import { planPieces, type Piece } from './plan.js'

/** The part of an end that a plan needs. */
export type Describable = Pick<End, 'sizeBytes' | 'status'>

const MiB = 2 ** 20
const minWindowBytes = 32 * MiB
const firstWindowBytes = 128 * MiB
// A sparse disk of 10 TiB is 2,560 windows of this size, not 80,000 of the first.
const maxWindowBytes = 4096 * MiB
const fewAnswers = 64
const manyAnswers = 2048

/**
 * Cuts the areas (sorted, whole grains) into pieces in ascending order, asking the end's block status window by
 * window, one window ahead of the consumer. Windows grow where there is little to say and shrink where there is much.
 */
export async function* cutPieces(
  end: Describable,
  areas: readonly Extent[],
  signal?: AbortSignal,
): AsyncGenerator<Piece> {
  const windows = createWindows(areas)
  const ask = (): Promise<Described> | undefined => {
    const window = windows.next()
    if (window === undefined) return undefined
    const described = describe(end, window, signal)
    // The consumer may leave before it awaits this one.
    described.catch(() => {})
    return described
  }
  for (
    let current = ask(), following = ask();
    current !== undefined;
    current = following, following = ask()
  ) {
    const { pieces, extents } = await current
    windows.fit(Math.max(pieces.length, extents))
    yield* pieces
  }
}

/** Hands out areas that lie within one window of each other: they share a status request. */
const createWindows = (areas: readonly Extent[]) => {
  let windowBytes = firstWindowBytes
  let index = 0
  let at = areas[0]?.offset ?? 0
  return {
    next(): Extent[] | undefined {
      const window: Extent[] = []
      const limit = at + windowBytes
      for (let area = areas[index]; area !== undefined && at < limit; area = areas[index]) {
        const end = area.offset + area.length
        const length = Math.min(end, limit) - at
        window.push({ offset: at, length })
        at += length
        if (at === end) at = areas[++index]?.offset ?? at
      }
      return window.length === 0 ? undefined : window
    },
    fit(answers: number): void {
      if (answers <= fewAnswers) windowBytes = Math.min(windowBytes * 2, maxWindowBytes)
      else if (answers >= manyAnswers) windowBytes = Math.max(windowBytes / 2, minWindowBytes)
    },
  }
}

interface Described {
  readonly pieces: readonly Piece[]
  /** How many extents the end needed to say it. */
  readonly extents: number
}

const describe = async (
  end: Describable,
  areas: readonly Extent[],
  signal?: AbortSignal,
): Promise<Described> => {
  const last = areas.at(-1)!
  const start = areas[0]!.offset
  const status = await end.status(start, last.offset + last.length - start, signal)
  return { pieces: planPieces(areas, status, end.sizeBytes), extents: status.length }
}
