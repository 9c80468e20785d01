import type { DigestWriter } from '../digests.js'

/** For a copy whose digests nobody asked for. */
export const noDigests = (sizeBytes: number): DigestWriter => ({
  sizeBytes,
  add: () => {},
  mark: () => 0,
  sync: async () => {},
  finish: async () => ({ dataBlocks: 0, zeroBlocks: 0, fileBytes: 0 }),
  [Symbol.asyncDispose]: async () => {},
})
