import { ActivityFailure, isCancellation } from '@temporalio/workflow'

/**
 * Whether a step ended because it was told to: it was cancelled, or it failed (its worker died, a connection broke)
 * and would have been tried again but for the cancel.
 */
export const wasStopped = (error: unknown): boolean =>
  isCancellation(error) || (error instanceof ActivityFailure && error.retryState === 'CANCEL_REQUESTED')
