import { getFlow, getFlowStatus, getFlowSummary, listFlows } from '../../../api/contract/protection-flows.js'

/** What shows flows: asked again after each change of one. */
export const staleFlows = [listFlows, getFlow, getFlowStatus, getFlowSummary] as const
