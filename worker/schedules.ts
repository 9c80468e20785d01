import { ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client'
import type { Client } from '@temporalio/client'
import { queues, scheduleIds, workflowTypes } from '../domain/rules/names.js'
import type { WorkerConfig } from './config.js'

interface OwnSchedule {
  readonly scheduleId: string
  readonly workflowType: string
  readonly everySeconds: number
}

type Paces = Pick<WorkerConfig, 'SENDENSE_SWEEP_SECONDS' | 'SENDENSE_RECONCILE_SECONDS'>

const ownSchedules = (config: Paces): readonly OwnSchedule[] => [
  {
    scheduleId: scheduleIds.sweepLeftovers,
    workflowType: workflowTypes.sweepLeftovers,
    everySeconds: config.SENDENSE_SWEEP_SECONDS,
  },
  {
    scheduleId: scheduleIds.reconcile,
    workflowType: workflowTypes.reconcile,
    everySeconds: config.SENDENSE_RECONCILE_SECONDS,
  },
]

/** Makes sure that the product's own schedules exist as configured, and rings each once for what a crash left. */
export async function ensureSchedules(client: Client, config: Paces): Promise<void> {
  for (const schedule of ownSchedules(config)) await ensureSchedule(client, schedule)
}

async function ensureSchedule(
  client: Client,
  { scheduleId, workflowType, everySeconds }: OwnSchedule,
): Promise<void> {
  const spec = { intervals: [{ every: everySeconds * 1000 }] }
  const policies = { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1m' } as const
  const handle = client.schedule.getHandle(scheduleId)
  try {
    await client.schedule.create({
      ...{ scheduleId, spec, policies },
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
