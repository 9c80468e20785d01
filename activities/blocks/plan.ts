import { sameDigest, type GrainDigest } from './digests.js'
import type { Extent, StatusExtent } from './end.js'
import { grainBytes, intersectExtents, narrowExtents, subtractExtents } from './extents.js'
import type { ExpectedGrain } from './layers.js'

/** One request's worth of the plan, in whole grains. `zero`: the source says it reads as zeros, nobody need look. */
export interface Piece extends Extent {
  readonly kind: 'data' | 'zero'
}

/**
 * What the target holds before the copy: `fresh` reads as zeros and has no parent; `overlay` reads as the digests of
 * what it lies over say; of an `existing` one nothing is known.
 */
export type TargetKind = 'fresh' | 'overlay' | 'existing'

/** `skip`: zeros that a fresh target has by itself. `same`: what the layers hold already; it is not recorded either. */
export type Action = 'copy' | 'zero' | 'skip' | 'same'

export interface Run extends Extent {
  readonly action: Action
}

// Requests of 1 MiB cost qemu-nbd twice the CPU of these; smaller ones cost us more than they win.
export const pieceBytes = 512 * 1024
const zeroPieceBytes = 128 * 1024 * 1024

/**
 * Which parts of the areas (sorted, whole grains) are read and which are zeros by the source's word alone; ascending.
 * The ZERO bit alone says how a range reads: a HOLE without it may read as anything. `status` may be of any grain.
 */
export const planPieces = (
  areas: readonly Extent[],
  status: readonly StatusExtent[],
  sizeBytes: number,
): Piece[] => {
  const zeros = narrowExtents(
    status.filter((extent) => extent.zero),
    sizeBytes,
  )
  return [
    ...cut(subtractExtents(areas, zeros), 'data', pieceBytes),
    ...cut(intersectExtents(areas, zeros), 'zero', zeroPieceBytes),
  ].sort((a, b) => a.offset - b.offset)
}

/**
 * What to do with each run of a piece, once it is known what the source holds there; offsets are relative to the piece.
 * `found`: a digest a grain, or `zero` for all of it. `known`: what the layers below the target say, of an overlay
 * only. A fresh target's zeros are left out; anywhere else they are written, or the old content would show through.
 */
export const planRuns = (
  found: readonly GrainDigest[] | 'zero',
  length: number,
  target: TargetKind,
  known: readonly ExpectedGrain[] | undefined,
): Run[] => {
  const zeros = target === 'fresh' ? 'skip' : 'zero'
  if (found === 'zero' && known === undefined) return [{ offset: 0, length, action: zeros }]
  const runs: { offset: number; length: number; action: Action }[] = []
  for (let index = 0; index * grainBytes < length; index++) {
    const digest = found === 'zero' ? found : found[index]!
    const before = known?.[index]
    const offset = index * grainBytes
    const grain = Math.min(grainBytes, length - offset)
    // Of a grain in which the disk used to end less was hashed: it differs, unless it was and is zeros.
    const isSame = before !== undefined && sameDigest(digest, before.digest)
    const action = isSame ? 'same' : digest === 'zero' ? zeros : 'copy'
    const last = runs.at(-1)
    if (last?.action === action) last.length += grain
    else runs.push({ offset, length: grain, action })
  }
  return runs
}

const cut = (extents: readonly Extent[], kind: Piece['kind'], maxBytes: number): Piece[] =>
  extents.flatMap(({ offset, length }) =>
    Array.from({ length: Math.ceil(length / maxBytes) }, (_, i) => {
      const at = offset + i * maxBytes
      return { offset: at, length: Math.min(maxBytes, offset + length - at), kind }
    }),
  )
