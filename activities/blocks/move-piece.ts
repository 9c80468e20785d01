import type { LegMeter, Tally } from './copy-meter.js'
import {
  digestGrain,
  isZeroGrain,
  type DigestReader,
  type DigestWriter,
  type GrainDigest,
} from './digests.js'
import type { End, WritableEnd } from './end.js'
import { grainBytes } from './extents.js'
import { expectedGrains } from './layers.js'
import { planRuns, type Piece, type Run, type TargetKind } from './plan.js'

/** What every piece of a leg is moved with. */
export interface Mover {
  readonly source: End
  readonly target: WritableEnd
  readonly targetKind: TargetKind
  readonly previous: readonly DigestReader[] | undefined
  /** Without anybody to tell or to compare with, a grain is only looked at for zeros. */
  readonly needsDigests: boolean
  readonly meter: LegMeter
}

/** What was found in a piece and done with it. */
export interface MovedPiece {
  readonly found: readonly GrainDigest[] | 'zero'
  readonly runs: readonly Run[]
  readonly tally: Tally
}

/** Brings one piece from source to target. `buffer` is as long as the piece, undefined for one of zeros. */
export const movePiece = async (
  { offset, length }: Piece,
  buffer: Buffer | undefined,
  mover: Mover,
): Promise<MovedPiece> => {
  const { previous, targetKind, meter } = mover
  const known = previous && (await expectedGrains(previous, offset / grainBytes, blocksOf(length)))
  const data = buffer && (await meter.on('source', () => readPiece(mover.source, offset, buffer)))
  const found = data === undefined ? 'zero' : meter.digest(() => digestGrains(data, mover.needsDigests))
  const tally: Tally = { read: data?.length ?? 0, stored: 0, skipped: 0 }
  meter.ahead.read += tally.read
  const runs = planRuns(found, length, targetKind, known)
  if (runs.length === 1) await store(runs[0]!, offset, data, mover, tally)
  else await Promise.all(runs.map((run) => store(run, offset, data, mover, tally)))
  return { found, runs, tally }
}

const store = async (
  run: Run,
  base: number,
  data: Buffer | undefined,
  { target, meter }: Mover,
  tally: Tally,
): Promise<void> => {
  const { action, offset, length } = run
  const kind = action === 'copy' ? 'stored' : 'skipped'
  if (action === 'copy' && data !== undefined) {
    const part = length === data.length ? data : data.subarray(offset, offset + length)
    await meter.on('target', () => target.write(base + offset, part))
  } else if (action === 'zero') await meter.on('target', () => target.zero(base + offset, length))
  tally[kind] += length
  meter.ahead[kind] += length
}

const readPiece = async (source: End, offset: number, into: Buffer): Promise<Buffer> => {
  if (source.readInto === undefined) return source.read(offset, into.length)
  await source.readInto(offset, into)
  return into
}

const unhashed = Buffer.alloc(0)

const digestGrains = (data: Buffer, needsDigests: boolean): GrainDigest[] => {
  const digests: GrainDigest[] = []
  for (let at = 0; at < data.length; at += grainBytes) {
    const grain = data.subarray(at, Math.min(at + grainBytes, data.length))
    digests.push(needsDigests ? digestGrain(grain) : isZeroGrain(grain) ? 'zero' : unhashed)
  }
  return digests
}

/** Digests leave in the order of the disk, after all before them: see `createOrder`. */
export const addDigests = (digests: DigestWriter, { offset }: Piece, { found, runs }: MovedPiece): void => {
  for (const run of runs) {
    if (run.action === 'same') continue
    const first = run.offset / grainBytes
    const count = blocksOf(run.length)
    const block = offset / grainBytes + first
    if (found === 'zero') digests.add(block, 'zero', count)
    else for (let i = 0; i < count; i++) digests.add(block + i, found[first + i]!)
  }
}

const blocksOf = (length: number): number => Math.ceil(length / grainBytes)
