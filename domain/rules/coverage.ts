import { reachesWindow } from './backup-window.js'
import type { Cron } from './cron.js'
import { dueBetween, latestDue } from './due-times.js'
import { isInWindow } from './window.js'
import type { Hours } from './window.js'

/** A flow that is not deleted, and what it takes now. */
export interface CoveringFlow {
  readonly id: string
  readonly name: string
  readonly enabled: boolean
  readonly repositoryId: number | null
  readonly vms: ReadonlySet<string>
  /** The due time that should have given a point of each of its VMs by now; null where it promises nothing. */
  readonly promisedAt: Date | null
}

export interface CoveredVm {
  readonly id: string
  readonly name: string
}

export interface CoverageInput<Vm> {
  readonly vms: readonly Vm[]
  readonly flows: readonly CoveringFlow[]
  /** When the newest good point of a VM in a repository was taken; null where there is none that matters. */
  readonly lastGood: (vmContextId: string, repositoryId: number) => Date | null
}

export interface StaleVm<Vm> {
  readonly vm: Vm
  readonly flow: CoveringFlow
  readonly promisedAt: Date
  readonly lastGoodAt: Date | null
}

export interface CoverageFound<Vm> {
  readonly protectedTotal: number
  readonly unprotected: readonly { readonly vm: Vm; readonly disabledFlows: readonly CoveringFlow[] }[]
  /** Each VM once, with the promise that has been broken for longest; what has no point at all comes first. */
  readonly stale: readonly StaleVm<Vm>[]
  /** Most flows first. */
  readonly inSeveral: readonly { readonly vm: Vm; readonly flows: readonly CoveringFlow[] }[]
}

/**
 * VMs that no enabled flow takes, those whose newest good point in a flow's repository is older than its schedule
 * promises, and those that several enabled flows take; each list by name where nothing else orders it.
 */
export function coverageOf<Vm extends CoveredVm>(input: CoverageInput<Vm>): CoverageFound<Vm> {
  const flowsOf = flowsByVm(input.flows)
  const unprotected: { vm: Vm; disabledFlows: CoveringFlow[] }[] = []
  const stale: StaleVm<Vm>[] = []
  const inSeveral: { vm: Vm; flows: CoveringFlow[] }[] = []
  for (const vm of input.vms.toSorted(byName)) {
    const all = flowsOf.get(vm.id) ?? []
    const flows = all.filter(({ enabled }) => enabled)
    if (flows.length === 0) unprotected.push({ vm, disabledFlows: all })
    if (flows.length > 1) inSeveral.push({ vm, flows })
    const broken = flows.flatMap((flow) => brokenPromise(vm, flow, input.lastGood) ?? [])
    const [worst] = broken.sort(oldestFirst)
    if (worst !== undefined) stale.push(worst)
  }
  return {
    protectedTotal: input.vms.length - unprotected.length,
    unprotected,
    stale: stale.sort(oldestFirst),
    inSeveral: inSeveral.sort((a, b) => b.flows.length - a.flows.length),
  }
}

function brokenPromise<Vm extends CoveredVm>(
  vm: Vm,
  flow: CoveringFlow,
  lastGood: CoverageInput<Vm>['lastGood'],
): StaleVm<Vm> | null {
  if (flow.promisedAt === null || flow.repositoryId === null) return null
  const lastGoodAt = lastGood(vm.id, flow.repositoryId)
  if (lastGoodAt !== null && lastGoodAt >= flow.promisedAt) return null
  return { vm, flow, promisedAt: flow.promisedAt, lastGoodAt }
}

const oldestFirst = (a: StaleVm<CoveredVm>, b: StaleVm<CoveredVm>): number =>
  (a.lastGoodAt?.getTime() ?? 0) - (b.lastGoodAt?.getTime() ?? 0) ||
  a.promisedAt.getTime() - b.promisedAt.getTime()

function flowsByVm(flows: readonly CoveringFlow[]): ReadonlyMap<string, CoveringFlow[]> {
  const found = new Map<string, CoveringFlow[]>()
  for (const flow of flows)
    for (const id of flow.vms) {
      const some = found.get(id)
      if (some === undefined) found.set(id, [flow])
      else some.push(flow)
    }
  return found
}

// By code units, so that every machine has the same order.
const byName = (a: CoveredVm, b: CoveredVm): number => {
  const [one, other] = a.name === b.name ? [a.id, b.id] : [a.name, b.name]
  return one < other ? -1 : one > other ? 1 : 0
}

/** How long a run may take before its VMs count as late, in ms, where the flow sets no bound of its own. */
const usualAllowanceMs = 2 * 3_600_000

/** Due times up to then should have given their points by now. */
export const promisedBy = (
  flow: { readonly maxRunMinutes: number | null; readonly jitterSeconds: number },
  now: Date,
): Date => {
  const allowance = flow.maxRunMinutes === null ? usualAllowanceMs : flow.maxRunMinutes * 60_000
  return new Date(now.getTime() - allowance - flow.jitterSeconds * 1000)
}

/**
 * The latest due time in (after, until] at which the flow may run by its window: one outside it promises nothing. Null
 * where there is none.
 */
export function latestPromise(
  cron: Cron,
  hours: Hours,
  span: { readonly after: Date; readonly until: Date },
): Date | null {
  if (hours.window_start === null) return latestDue(cron, hours.timezone, span)
  if (!reachesWindow(cron, hours)) return null
  // Backwards in growing steps: most windows open every day.
  for (let back = 3_600_000; ; back *= 8) {
    const after = new Date(Math.max(span.until.getTime() - back, span.after.getTime()))
    const found = dueBetween(cron, hours.timezone, { after, until: span.until, most: Infinity })
    const promised = found.findLast((due) => isInWindow(hours, due))
    if (promised !== undefined) return promised
    if (after.getTime() === span.after.getTime()) return null
  }
}

/**
 * Whether a due time of a flow's present schedule was meant to ring: it was accounted for, or it is still to be. One that
 * passed before the flow was made, while it was disabled or had another schedule is neither.
 */
export const wasPromised = (
  due: Date,
  flow: { readonly createdAt: Date; readonly rungUntil: Date | null; readonly isRecorded: boolean },
): boolean => due > flow.createdAt && (flow.isRecorded || flow.rungUntil === null || flow.rungUntil < due)
