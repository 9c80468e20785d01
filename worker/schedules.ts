import { ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client'
import type { Client } from '@temporalio/client'
import { queues, scheduleIds, workflowTypes } from '../domain/rules/names.js'

/** Makes sure that the product's own schedules exist as configured, and rings the sweeper once for what a crash left. */
export async function ensureSchedules(client: Client, everySeconds: number): Promise<void> {
  const spec = { intervals: [{ every: everySeconds * 1000 }] }
  const policies = { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1m' } as const
  const handle = client.schedule.getHandle(scheduleIds.sweepLeftovers)
  try {
    await client.schedule.create({
      scheduleId: scheduleIds.sweepLeftovers,
      spec,
      policies,
      action: {
        type: 'startWorkflow',
        workflowType: workflowTypes.sweepLeftovers,
        workflowId: workflowTypes.sweepLeftovers,
        taskQueue: queues.control,
        args: [],
      },
    })
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error
    await handle.update((previous) => ({ ...previous, spec, policies }))
  }
  await handle.trigger(ScheduleOverlapPolicy.SKIP)
}
