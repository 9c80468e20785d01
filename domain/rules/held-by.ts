import type { Flow } from '../flow.js'
import { windowAt, windowReason } from './window.js'

export interface HeldFlow {
  readonly flow: Pick<
    Flow,
    'enabled' | 'schedule_id' | 'window_start' | 'window_end' | 'version' | 'synced_version' | 'sync_error'
  >
  readonly schedule: { readonly name: string; readonly enabled: boolean; readonly timezone: string } | null
  readonly allPaused: { readonly by: string; readonly reason: string | null } | null
}

/** What keeps a flow from running as its schedule says, one sentence, the weightiest first; null where nothing does. */
export function heldBy({ flow, schedule, allPaused }: HeldFlow, now: Date): string | null {
  if (allPaused !== null)
    return `All flows are paused by ${allPaused.by}${allPaused.reason === null ? '' : `: ${allPaused.reason}`}`
  if (!flow.enabled) return 'The flow is disabled'
  if (flow.schedule_id === null || schedule === null)
    return 'It has no schedule: it runs only when somebody asks'
  if (!schedule.enabled) return `Its schedule ${schedule.name} is disabled`
  if (flow.sync_error !== null) return `Temporal's schedule does not follow: ${flow.sync_error}`
  if (flow.synced_version < flow.version)
    return "Temporal's schedule does not follow the latest change yet; it does within moments of Temporal being there"
  const hours = { ...flow, timezone: schedule.timezone }
  const { isOpen, changesAt } = windowAt(hours, now)
  return isOpen ? null : windowReason(hours, changesAt)
}
