import { blake3 } from '@napi-rs/blake-hash'

import { grainBytes } from './extents.js'

/** The 32 bytes of a grain's BLAKE3, or the word for a grain of zeros (which is never hashed). */
export type GrainDigest = Buffer | 'zero'

/** `count` neighbouring grains with the same digest; more than one only for zeros. */
export interface DigestRecord {
  readonly block: number
  readonly count: number
  readonly digest: GrainDigest
}

export type DigestKind = 'root' | 'overlay'

/** What a copy needs of a digest file that grows: see `openDigestWriter`. */
export interface DigestWriter extends AsyncDisposable {
  readonly sizeBytes: number
  /** Blocks ascend; zero records may stand for many blocks. */
  add(block: number, digest: GrainDigest, count?: number): void
  /** Closes the current page and returns the length in bytes that all records so far will need. */
  mark(): number
  /** Forgets all that was added after the mark: the last one that was synced, the one before it, or any since. */
  rewind(mark: number): void
  /** Resolves when everything before the last mark is fsynced. */
  sync(): Promise<void>
  /** Writes the trailer, fsyncs file and directory, closes. A file without trailer is refused by readers. */
  finish(): Promise<DigestTotals>
}

export interface DigestTotals {
  readonly dataBlocks: number
  readonly zeroBlocks: number
  readonly fileBytes: number
}

export interface DigestReader extends AsyncDisposable, AsyncIterable<DigestRecord> {
  readonly path: string
  readonly sizeBytes: number
  readonly kind: DigestKind
  readonly totals: DigestTotals
  /** Undefined = this file says nothing about the block: it falls through to the parent, or is zero. */
  lookup(block: number): Promise<GrainDigest | undefined>
  lookupRange(firstBlock: number, count: number): Promise<(GrainDigest | undefined)[]>
}

const zeroGrain = Buffer.alloc(grainBytes)

/** memcmp against zeros: leaves at the first byte that differs, so data costs next to nothing. */
export const isZeroGrain = (grain: Buffer): boolean =>
  grain[0] === 0 &&
  grain.equals(grain.length === grainBytes ? zeroGrain : zeroGrain.subarray(0, grain.length))

/** Digest of one grain (a disk's last one may be short; it is hashed as long as it is). */
export const digestGrain = (grain: Buffer): GrainDigest => (isZeroGrain(grain) ? 'zero' : blake3(grain))

export const sameDigest = (a: GrainDigest, b: GrainDigest): boolean =>
  a === 'zero' || b === 'zero' ? a === b : a.equals(b)
