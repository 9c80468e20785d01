import { beatingEach } from '../activities/beating.js'
import { decideTick } from '../activities/schedule/decide-tick.js'
import type { ScheduleDependencies } from '../activities/schedule/dependencies.js'
import { reconcileSchedules } from '../activities/schedule/reconcile.js'
import { syncFlow } from '../activities/schedule/sync-flow.js'
import type { ScheduleSteps } from '../activities/steps.js'
import type { StepContext } from './steps.js'

/** Steps of schedules, on the control queue. */
export function scheduleSteps(
  { db, client, config }: StepContext,
  notify: NonNullable<ScheduleDependencies['notify']>,
): ScheduleSteps {
  const now = (): Date => new Date()
  const dependencies = { db, client, now, lateSeconds: config.SENDENSE_LATE_SECONDS, notify }
  return {
    decideTick: decideTick(dependencies),
    syncFlow: syncFlow(dependencies),
    ...beatingEach('wait', { reconcileSchedules: reconcileSchedules(dependencies) }),
  }
}
