import type { PreviewedChain } from '../../../api/contract/policies.js'

/** Chains that go before those that stay, and the oldest first. */
export const chainsInOrder = (chains: readonly PreviewedChain[]): readonly PreviewedChain[] =>
  [...chains].sort((a, b) => Number(b.goes) - Number(a.goes) || a.oldest.localeCompare(b.oldest))
