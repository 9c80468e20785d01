import type { DigestReader, GrainDigest } from './digests.js'
import { grainBytes } from './extents.js'

/** What the digest files of a chain say a grain must be: data of `length` bytes (zeros after), or zeros. */
export interface ExpectedGrain {
  readonly digest: GrainDigest
  /** Shorter than the grain where a disk ended in it and has grown since. */
  readonly length: number
}

/** Nearest layer first. The nearest one that knows a grain wins; no layer knows it = zeros. */
export const expectedGrains = async (
  layers: readonly DigestReader[],
  firstBlock: number,
  count: number,
): Promise<ExpectedGrain[]> => {
  const expected = new Array<ExpectedGrain | undefined>(count).fill(undefined)
  for (const layer of layers) {
    if (expected.every((one) => one !== undefined)) break
    const found = await layer.lookupRange(firstBlock, count)
    found.forEach((digest, index) => {
      if (digest === undefined || expected[index] !== undefined) return
      const length = Math.min(grainBytes, layer.sizeBytes - (firstBlock + index) * grainBytes)
      expected[index] = { digest, length }
    })
  }
  return expected.map((one) => one ?? { digest: 'zero', length: grainBytes })
}
