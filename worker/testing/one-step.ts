import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow'
import type { CaptureSteps } from '../../activities/steps.js'

/** A workflow of one capture step, as `workflows/steps.ts` runs them, with a heartbeat time-out that a test can outlast. */
export async function oneStep(
  queue: string,
  heartbeatMs: number,
  step: keyof CaptureSteps,
  input: unknown,
): Promise<unknown> {
  const steps = proxyActivities<Record<string, (input: unknown) => Promise<unknown>>>({
    taskQueue: queue,
    startToCloseTimeout: '1m',
    heartbeatTimeout: heartbeatMs,
    retry: { maximumAttempts: 1 },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  })
  return await steps[step]?.(input)
}
