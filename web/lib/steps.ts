import type { JobStep } from '../../domain/job-step.js'

/**
 * Whether an attempt that never reported an end cannot be running: a later attempt of its step began, or the run is
 * over. That is what a worker leaves that was killed.
 */
export const isInterrupted = (step: JobStep, steps: readonly JobStep[], isMoving: boolean): boolean =>
  step.ended_at === null &&
  (!isMoving || steps.some((other) => isSameOrPart(other, step) && other.attempt > step.attempt))

/** A line that a step has written besides its own bears its id and a part more; it ends with it. */
const isSameOrPart = (whole: JobStep, step: JobStep): boolean =>
  whole.step_id === step.step_id || step.step_id.startsWith(`${whole.step_id}/`)
