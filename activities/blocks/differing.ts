import { sameDigest, type GrainDigest } from './digests.js'
import { grainBytes } from './extents.js'
import type { ExpectedGrain } from './layers.js'

/**
 * One entry a grain of a piece of `length` bytes: its digest where it differs from what is `known`, else undefined. A
 * grain in which the disk used to end differs, unless it reads as zeros now and then.
 */
export const differing = (
  digests: readonly GrainDigest[],
  known: readonly ExpectedGrain[],
  length: number,
): (GrainDigest | undefined)[] =>
  digests.map((digest, index) => {
    const before = known[index]
    if (before === undefined) return digest
    const grain = Math.min(grainBytes, length - index * grainBytes)
    const isComparable = digest === 'zero' || before.length >= grain
    return isComparable && sameDigest(digest, before.digest) ? undefined : digest
  })

/** The same for a piece that reads as zeros: it differs where data was. */
export const zeroChanges = (known: readonly ExpectedGrain[]): ('zero' | undefined)[] =>
  known.map(({ digest }) => (digest === 'zero' ? undefined : 'zero'))
