import type { NoticeEvent } from '../domain/notice.js'

/** Steps of `prune-history` and `notify`, on the control queue. */
export interface HistorySteps {
  pruneHistory(input: Record<string, never>): Promise<PrunedHistory>
  /** Fails where the webhook did not take it; what is not wanted any more is not sent. */
  sendNotice(input: NoticeEvent): Promise<{ sent: boolean }>
}

/** How much went, by kind. */
export interface PrunedHistory {
  readonly executions: number
  /** Of those executions, and of jobs that are no more. */
  readonly steps: number
  readonly dueTimes: number
  /** Failed and cancelled ones; completed ones are points. */
  readonly backups: number
  /** The step has done its share, and something may be left. */
  readonly more: boolean
}
