import type { BufferPool } from './buffer-pool.js'
import type { CopyOptions } from './copy.js'
import type { Meter } from './copy-meter.js'
import type { PieceDigests } from './copy-order.js'
import { differing, zeroChanges } from './differing.js'
import { digestGrain, type DigestWriter, type GrainDigest } from './digests.js'
import type { End } from './end.js'
import { grainBytes } from './extents.js'
import { expectedGrains } from './layers.js'
import type { Piece } from './pieces.js'

/** Brings one piece from source to target, and says what it found: the digests that the target's file needs. */
export const movePiece = async (
  piece: Piece,
  options: CopyOptions,
  meter: Meter,
  pool: BufferPool,
): Promise<PieceDigests> => {
  const { source, previous } = options
  const { offset, length, kind } = piece
  const known = previous && (await expectedGrains(previous, offset / grainBytes, blocksOf(length)))
  if (kind === 'zero') {
    const changes = known === undefined ? 'zero' : zeroChanges(known)
    await store(piece, changes, undefined, options, meter)
    return changes
  }
  // Given back only on success: after a failure an end may still write into it.
  const buffer = pool.take()
  const data = await meter.on('source', () => readPiece(source, offset, buffer.subarray(0, length)))
  meter.counts.bytesRead += length
  const digests = meter.digest(() => digestGrains(data))
  const changes = known === undefined ? digests : differing(digests, known, length)
  await store(piece, changes, data, options, meter)
  pool.give(buffer)
  return changes
}

/** Brings what differs into the target; a grain without a digest is there already. */
const store = async (
  { offset, length }: Piece,
  digests: PieceDigests,
  data: Buffer | undefined,
  { target, targetKnownZero }: CopyOptions,
  meter: Meter,
): Promise<void> => {
  const runs = digests === 'zero' ? [{ kind: digests, start: 0, end: length }] : runsOf(digests, length)
  await Promise.all(
    runs.map(async ({ kind, start, end }) => {
      if (kind === 'data' && data !== undefined) {
        await meter.on('target', () => target.write(offset + start, data.subarray(start, end)))
        meter.counts.bytesStored += end - start
        return
      }
      if (kind === 'zero' && !targetKnownZero)
        await meter.on('target', () => target.zero(offset + start, end - start))
      meter.counts.bytesSkipped += end - start
    }),
  )
}

const readPiece = async (source: End, offset: number, into: Buffer): Promise<Buffer> => {
  if (source.readInto === undefined) return source.read(offset, into.length)
  await source.readInto(offset, into)
  return into
}

const digestGrains = (data: Buffer): GrainDigest[] =>
  Array.from({ length: blocksOf(data.length) }, (_, i) =>
    digestGrain(data.subarray(i * grainBytes, Math.min((i + 1) * grainBytes, data.length))),
  )

const runsOf = (digests: readonly (GrainDigest | undefined)[], length: number) => {
  const runs: { start: number; end: number; kind: 'data' | 'zero' | 'same' }[] = []
  digests.forEach((digest, index) => {
    const kind = digest === undefined ? 'same' : digest === 'zero' ? 'zero' : 'data'
    const end = Math.min((index + 1) * grainBytes, length)
    const last = runs.at(-1)
    if (last?.kind === kind) last.end = end
    else runs.push({ start: index * grainBytes, end, kind })
  })
  return runs
}

/** Digests leave in the order of the disk, after all before them: see `createOrder`. */
export const addDigests = (digests: DigestWriter, piece: Piece, found: PieceDigests): void => {
  const block = piece.offset / grainBytes
  if (found === 'zero') digests.add(block, 'zero', blocksOf(piece.length))
  else
    found.forEach((digest, index) => {
      if (digest !== undefined) digests.add(block + index, digest)
    })
}

const blocksOf = (length: number): number => Math.ceil(length / grainBytes)
