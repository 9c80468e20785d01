import type { FlowCheck } from '../../../api/contract/protection-flows.js'

const rank = { error: 0, warning: 1, ok: 2 } as const

/** What needs a hand first; checks of one severity stay in their order. */
export const bySeverity = (checks: readonly FlowCheck[]): FlowCheck[] =>
  [...checks].sort((a, b) => rank[a.severity] - rank[b.severity])
