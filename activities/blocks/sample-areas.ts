import { blake3 } from '@napi-rs/blake-hash'

import type { Extent } from './end.js'
import { mergeExtents } from './extents.js'

const regionBytes = 1024 * 1024
const share = 20
const leastBytes = 64 * 1024 * 1024

/**
 * Regions of 1 MiB spread over a whole disk, sorted: a twentieth of it, but at least 64 MiB, and all of a smaller disk.
 * The same seed always chooses the same ones, another seed others.
 */
export const sampleAreas = (sizeBytes: number, seed: string): Extent[] => {
  const regions = Math.ceil(sizeBytes / regionBytes)
  const wanted = Math.min(regions, Math.ceil(Math.max(leastBytes, sizeBytes / share) / regionBytes))
  const random = randomFrom(seed)
  // One out of each of equal stretches: no part of the disk is left out by chance.
  const chosen = Array.from({ length: wanted }, (_, index) => {
    const first = Math.floor((index * regions) / wanted)
    const next = Math.floor(((index + 1) * regions) / wanted)
    const offset = (first + Math.floor(random() * (next - first))) * regionBytes
    return { offset, length: Math.min(regionBytes, sizeBytes - offset) }
  })
  return mergeExtents(chosen)
}

/** Mulberry32 over the seed's digest: fractions from 0 up to 1, evenly spread, the same on every machine. */
const randomFrom = (seed: string): (() => number) => {
  let state = blake3(seed).readUInt32LE(0)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
