import type { ScheduleSteps } from '../schedule-steps.js'
import { applyFlow } from './apply-flow.js'
import type { ScheduleDependencies } from './dependencies.js'

/** Safe to run twice: it looks at row and schedule, and does what is left to do. */
export const syncFlow =
  (dependencies: Pick<ScheduleDependencies, 'db' | 'client'>): ScheduleSteps['syncFlow'] =>
  ({ flowId }) =>
    applyFlow(dependencies, flowId)
