import { Failure } from '../../domain/failure.js'
import type { ScheduleSteps } from '../schedule-steps.js'
import type { ScheduleDependencies } from './dependencies.js'
import { settleDueTimes } from './settle-due-times.js'
import { wakeRunFlow } from './wake-run-flow.js'

/** Safe to run twice: a due time is decided once, and while its execution is pending its run is told of it again. */
export const decideTick =
  (dependencies: ScheduleDependencies): ScheduleSteps['decideTick'] =>
  async ({ flowId, nominalTime }) => {
    const { lateSeconds, client } = dependencies
    const nominal = new Date(nominalTime)
    const { decision, mustWake } = await settleDueTimes(dependencies, { flowId, nominal, lateSeconds })
    if (mustWake) await wakeRunFlow(client, flowId)
    if (decision === null)
      throw new Failure('internal', `Nothing was decided about ${nominalTime}`, { retry: false })
    return decision
  }
