import { ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client'
import type { Client } from '@temporalio/client'
import { queues, scheduleIds, workflowTypes } from '../domain/rules/names.js'

/** A workflow that rings by itself, and once at start for what was left meanwhile; never twice at the same time. */
interface OwnSchedule {
  readonly id: string
  readonly workflowType: string
  readonly everyMs: number
}

const dayMs = 24 * 3600 * 1000

/** Makes sure that the product's own schedules exist as configured, and rings each of them once. */
export async function ensureSchedules(client: Client, sweepSeconds: number): Promise<void> {
  await ensure(client, {
    id: scheduleIds.sweepLeftovers,
    workflowType: workflowTypes.sweepLeftovers,
    everyMs: sweepSeconds * 1000,
  })
  await ensure(client, {
    id: scheduleIds.pruneHistory,
    workflowType: workflowTypes.pruneHistory,
    everyMs: dayMs,
  })
}

async function ensure(client: Client, { id, workflowType, everyMs }: OwnSchedule): Promise<void> {
  const spec = { intervals: [{ every: everyMs }] }
  const policies = { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1m' } as const
  const handle = client.schedule.getHandle(id)
  try {
    await client.schedule.create({
      scheduleId: id,
      spec,
      policies,
      action: {
        type: 'startWorkflow',
        workflowType,
        workflowId: workflowType,
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
