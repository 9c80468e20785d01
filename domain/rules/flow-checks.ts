import type { FlowCheck } from '../flow-check.js'
import type { Flow } from '../flow.js'
import type { DiscoveredVm } from '../vm.js'
import { reachesWindow } from './backup-window.js'
import { parseCron } from './cron.js'
import { nextDue } from './due-times.js'
import { decidePreFlight } from './pre-flight.js'
import type { DatastoreFacts } from './pre-flight.js'
import { dueInWindow } from './window-times.js'

export const good = (name: string, detail: string): FlowCheck => ({
  name,
  severity: 'ok',
  detail,
  remedy: null,
})
export const warning = (name: string, detail: string, remedy: string | null): FlowCheck => ({
  name,
  severity: 'warning',
  detail,
  remedy,
})
export const problem = (name: string, detail: string, remedy: string | null): FlowCheck => ({
  name,
  severity: 'error',
  detail,
  remedy,
})

export interface TestedFlow {
  readonly flow: Pick<
    Flow,
    'enabled' | 'schedule_id' | 'window_start' | 'window_end' | 'version' | 'synced_version' | 'sync_error'
  >
  readonly schedule: {
    readonly name: string
    readonly cron: string
    readonly timezone: string
    readonly enabled: boolean
  } | null
  /** The execution that is open, if any. */
  readonly openExecution: string | null
  readonly allPausedBy: string | null
}

/** When a flow would run: its schedule, its window, and what stands in the way. */
export function timeChecks(tested: TestedFlow, now: Date): FlowCheck[] {
  const { openExecution, allPausedBy } = tested
  return [
    scheduleCheck(tested, now),
    ...windowChecks(tested),
    openExecution === null
      ? good('busy', 'No execution of it is open')
      : warning('busy', `${openExecution} is open: another one waits or is refused`, null),
    ...(allPausedBy === null
      ? []
      : [warning('paused', `All flows are paused by ${allPausedBy}`, 'Resume all flows.')]),
  ]
}

function scheduleCheck({ flow, schedule }: TestedFlow, now: Date): FlowCheck {
  const name = 'schedule'
  if (schedule === null)
    return warning(name, 'It has no schedule: it runs only when somebody asks', 'Choose a schedule.')
  if (!flow.enabled)
    return warning(name, 'The flow is disabled: its schedule does not ring', 'Enable the flow.')
  if (!schedule.enabled)
    return warning(name, `Its schedule ${schedule.name} is disabled`, `Enable ${schedule.name}.`)
  const { cron, problem: why } = parseCron(schedule.cron)
  const next = cron && nextDue(cron, schedule.timezone, now)
  if (cron === null || next === null)
    return problem(
      name,
      `Schedule ${schedule.name} never rings${why === null ? '' : `: it ${why}`}`,
      'Correct it.',
    )
  if (flow.sync_error !== null)
    return problem(
      name,
      `Temporal's schedule does not follow: ${flow.sync_error}`,
      'Check that Temporal and a worker run; it follows by itself then.',
    )
  if (flow.synced_version < flow.version)
    return warning(
      name,
      "Temporal's schedule does not follow the latest change yet",
      'Check that a worker runs if this stays so.',
    )
  const [first] = dueInWindow(cron, { ...flow, timezone: schedule.timezone }, { after: now, most: 1 })
  const runs = first === undefined || first <= next ? '' : `, and in its window at ${first.toISOString()}`
  return good(name, `${schedule.name} rings next at ${next.toISOString()}${runs}`)
}

function windowChecks({ flow, schedule }: TestedFlow): FlowCheck[] {
  const { window_start: start, window_end: end } = flow
  if (start === null || end === null) return []
  const span = `${start} to ${end} (${schedule?.timezone ?? 'UTC'})`
  const cron = schedule && parseCron(schedule.cron).cron
  if (cron !== null && !reachesWindow(cron, flow))
    return [
      problem(
        'window',
        `No due time of its schedule falls into its window, ${span}: it would never run`,
        'Widen the window, or choose another schedule.',
      ),
    ]
  return [good('window', `It runs from ${span}`)]
}

/** What a backup of one VM would find: each problem a line; none where all is well. */
export function vmChecks(vm: DiscoveredVm, datastores: readonly DatastoreFacts[]): FlowCheck[] {
  const name = `VM ${vm.name}`
  const flight = decidePreFlight(vm, datastores, new Set())
  const found =
    flight.kind === 'refused'
      ? [problem(name, flight.reason, flight.remedy)]
      : flight.warnings.map((line) => warning(name, line, 'Back such disks up from inside the guest.'))
  return [...found, ...trackingChecks(name, vm)]
}

function trackingChecks(
  name: string,
  { name: vmName, change_tracking, has_snapshots }: DiscoveredVm,
): FlowCheck[] {
  if (!change_tracking.supported)
    return [
      warning(
        name,
        `${vmName} does not support change tracking: each backup reads its disks in full`,
        'Upgrade its virtual hardware to version 7 or later.',
      ),
    ]
  if (!change_tracking.enabled && has_snapshots)
    return [
      warning(
        name,
        `Change tracking of ${vmName} is off and cannot be turned on while it has snapshots: each backup reads its disks in full`,
        'Remove its snapshots before the next backup.',
      ),
    ]
  return []
}
