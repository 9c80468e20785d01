import type { End, Extent } from './end.js'
import { intersectExtents, narrowExtents, subtractExtents } from './extents.js'

/** One request's worth of the plan, in whole grains. `zero`: the end says it reads as zeros, nobody need look. */
export interface Piece extends Extent {
  readonly kind: 'data' | 'zero'
}

/** The part of an end that a plan needs. */
export type Describable = Pick<End, 'sizeBytes' | 'status'>

export const pieceBytes = 1024 * 1024
const windowBytes = 128 * 1024 * 1024
const zeroPieceBytes = 32 * 1024 * 1024

/**
 * Cuts the areas (sorted, whole grains) into pieces in ascending order, asking the end's block status window by
 * window, one window ahead of the consumer.
 */
export async function* cutPieces(
  end: Describable,
  areas: readonly Extent[],
  signal?: AbortSignal,
): AsyncGenerator<Piece> {
  const windows = cutWindows(areas)
  const ask = (): Promise<Piece[]> | undefined => {
    const window = windows.next()
    if (window.done === true) return undefined
    const pieces = piecesOf(end, window.value, signal)
    // The consumer may leave before it awaits this one.
    pieces.catch(() => {})
    return pieces
  }
  for (let current = ask(), following = ask(); current !== undefined; current = following, following = ask())
    yield* await current
}

/** Areas that start within 128 MiB of each other share one status request. */
function* cutWindows(areas: readonly Extent[]): Generator<Extent[]> {
  let window: Extent[] = []
  let limit = 0
  for (const area of areas) {
    const end = area.offset + area.length
    for (let at = area.offset; at < end;) {
      if (at >= limit) {
        if (window.length > 0) yield window
        window = []
        limit = at + windowBytes
      }
      const length = Math.min(end, limit) - at
      window.push({ offset: at, length })
      at += length
    }
  }
  if (window.length > 0) yield window
}

const piecesOf = async (
  end: Describable,
  areas: readonly Extent[],
  signal?: AbortSignal,
): Promise<Piece[]> => {
  const last = areas.at(-1)!
  const start = areas[0]!.offset
  const status = await end.status(start, last.offset + last.length - start, signal)
  // The ZERO bit alone says how it reads; a HOLE without it may read as anything.
  const zeros = narrowExtents(
    status.filter((extent) => extent.zero),
    end.sizeBytes,
  )
  const cut = (extents: readonly Extent[], kind: Piece['kind'], maxBytes: number): Piece[] =>
    extents.flatMap(({ offset, length }) =>
      Array.from({ length: Math.ceil(length / maxBytes) }, (_, i) => {
        const at = offset + i * maxBytes
        return { offset: at, length: Math.min(maxBytes, offset + length - at), kind }
      }),
    )
  return [
    ...cut(subtractExtents(areas, zeros), 'data', pieceBytes),
    ...cut(intersectExtents(areas, zeros), 'zero', zeroPieceBytes),
  ].sort((a, b) => a.offset - b.offset)
}
