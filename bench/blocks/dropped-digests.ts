import type { DigestWriter } from '../../activities/blocks/digests.js'

/** Takes digests and keeps none: `copy` still insists on a writer. */
export const droppedDigests = (sizeBytes: number): DigestWriter => ({
  sizeBytes,
  add: () => {},
  mark: () => 0,
  sync: async () => {},
  finish: async () => ({ dataBlocks: 0, zeroBlocks: 0, fileBytes: 0 }),
  [Symbol.asyncDispose]: async () => {},
})

export const droppedDigestsNote =
  'without -digests: `copy` computes digests all the same, they are only not kept; the gain of none is not in here'
