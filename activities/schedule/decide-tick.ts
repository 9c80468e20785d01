import { Failure } from '../../domain/failure.js'
import { wakeFlow } from '../catalog/executions/wake-flow.js'
import type { ScheduleSteps } from '../schedule-steps.js'
import type { ScheduleDependencies } from './dependencies.js'
import { settleDueTimes } from './settle-due-times.js'

/**
 * Safe to run twice: a due time is decided once, while its execution is pending its run is told of it again, and what
 * was missed is told of under one name.
 */
export const decideTick =
  (dependencies: ScheduleDependencies): ScheduleSteps['decideTick'] =>
  async ({ flowId, nominalTime }) => {
    const { lateSeconds, client, notify } = dependencies
    const nominal = new Date(nominalTime)
    const { decision, wakes, missed } = await settleDueTimes(dependencies, { flowId, nominal, lateSeconds })
    if (wakes !== null) await wakeFlow(client, wakes)
    if (missed !== null) await notify?.({ kind: 'missed', flowId, ...missed })
    if (decision === null)
      throw new Failure('internal', `Nothing was decided about ${nominalTime}`, { retry: false })
    return decision
  }
