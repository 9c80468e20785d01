import type { JobStep } from '../../domain/job-step.js'

/**
 * What a run waits for, if it does: a step that stands in line (it runs and says already what it waits for), or the
 * attempt that is to be repeated: the newest of its step, failed, and nothing began since. (A run that gives up goes
 * on with its clean-up instead.)
 */
export const waitOf = (steps: readonly JobStep[]): JobStep | undefined =>
  steps.find((step) => step.status === 'running' && step.detail !== null) ??
  steps.find(
    (step) =>
      step.status === 'failed' &&
      step.ended_at !== null &&
      steps.every((other) => !isNewer(other, step) && !beganAfter(other, step.ended_at ?? '')),
  )

const isNewer = (other: JobStep, step: JobStep): boolean =>
  other.step_id === step.step_id && other.attempt > step.attempt

const beganAfter = (other: JobStep, moment: string): boolean => other.started_at > moment
