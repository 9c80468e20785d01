import type { Execution } from '../execution.js'
import type { Flow } from '../flow.js'

/** What becomes of a queued execution when its turn comes. */
export type QueuedTurn =
  | { readonly kind: 'run' }
  /** `late`: nobody could run it in time. `off`: somebody did not want it any more. */
  | { readonly kind: 'late' | 'off'; readonly reason: string }

/** Whether a queued scheduled execution is still wanted when its turn comes. */
export function queuedTurn(
  flow: Pick<Flow, 'enabled' | 'deleted_at' | 'catchup_limit_minutes'>,
  execution: Pick<Execution, 'execution_type' | 'nominal_time' | 'created_at'>,
  now: Date,
  allPaused: { readonly by: string } | null,
): QueuedTurn {
  if (flow.deleted_at !== null) return { kind: 'off', reason: 'The flow was deleted before its turn came' }
  if (execution.execution_type !== 'scheduled') return { kind: 'run' }
  if (!flow.enabled) return { kind: 'off', reason: 'The flow was disabled before its turn came' }
  if (allPaused !== null)
    return { kind: 'off', reason: `All flows were paused by ${allPaused.by} when its turn came` }
  const due = Date.parse(execution.nominal_time ?? execution.created_at)
  const late = Math.floor((now.getTime() - due) / 60_000)
  if (late <= flow.catchup_limit_minutes) return { kind: 'run' }
  return {
    kind: 'late',
    reason: `Its turn came ${late} minutes after it was due, and the flow's catch-up limit is ${flow.catchup_limit_minutes} minutes`,
  }
}
