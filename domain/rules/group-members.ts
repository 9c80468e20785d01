import type { VmContext } from '../vm-context.js'
import type { GroupMembership, GroupRules } from '../vm-group.js'
import { matchesGlob } from './glob.js'

/** What the rules look at. */
export type GroupVm = Pick<VmContext, 'id' | 'platform_id' | 'vm_name' | 'vm_path' | 'power_state'>

export interface GroupTerms {
  readonly rules: GroupRules | null
  readonly members: readonly Pick<GroupMembership, 'vm_context_id' | 'priority' | 'enabled'>[]
}

export interface TakenVm<Vm> {
  readonly context: Vm
  readonly priority: number
  /** How it came to be in the group, for people. */
  readonly because: string
}

export interface GroupVms<Vm> {
  /** In the order in which a run begins them: higher priority first, then by name. */
  readonly vms: readonly TakenVm<Vm>[]
  /** Named by a membership or a rule, and left out. */
  readonly leftOut: readonly Omit<TakenVm<Vm>, 'priority'>[]
}

/** Of a VM that is no member by hand. */
export const usualPriority = 50

/** Which of these VMs a group takes. A membership speaks before the rules do, exclusions are for the rules only. */
export function groupMembers<Vm extends GroupVm>(terms: GroupTerms, contexts: readonly Vm[]): GroupVms<Vm> {
  const memberships = new Map(terms.members.map((member) => [member.vm_context_id, member]))
  const vms: TakenVm<Vm>[] = []
  const leftOut: Omit<TakenVm<Vm>, 'priority'>[] = []
  for (const context of contexts) {
    const member = memberships.get(context.id)
    const match = terms.rules === null ? null : matchOf(terms.rules, context)
    const exclusion = terms.rules === null ? null : exclusionOf(terms.rules, context)
    if (member?.enabled === true) vms.push({ context, priority: member.priority, because: 'member' })
    else if (member !== undefined) leftOut.push({ context, because: disabled(match) })
    else if (match !== null && exclusion !== null)
      leftOut.push({ context, because: `${match}, but ${exclusion}` })
    else if (match !== null) vms.push({ context, priority: usualPriority, because: match })
  }
  return {
    vms: vms.sort((a, b) => b.priority - a.priority || byName(a, b)),
    leftOut: leftOut.sort(byName),
  }
}

const disabled = (match: string | null): string =>
  match === null ? 'its membership is disabled' : `its membership is disabled, although: ${match}`

/** Which rules a VM matches, for people; null where one kind of rule is given and no line of it matches. */
function matchOf(rules: GroupRules, vm: GroupVm): string | null {
  if (rules.platform_id !== null && rules.platform_id !== vm.platform_id) return null
  const reasons: string[] = []
  if (rules.name_patterns.length > 0) {
    const pattern = rules.name_patterns.find((line) => matchesGlob(line, vm.vm_name))
    if (pattern === undefined) return null
    reasons.push(`its name matches ${pattern}`)
  }
  if (rules.folders.length > 0) {
    const folder = rules.folders.find((line) => isBelow(line, vm.vm_path))
    if (folder === undefined) return null
    reasons.push(`it is in ${folder}`)
  }
  if (rules.power_states.length > 0) {
    if (!rules.power_states.some((state) => state === vm.power_state)) return null
    reasons.push(`it is ${powerWords[vm.power_state] ?? vm.power_state}`)
  }
  // Rules that name nothing must not take everything.
  return reasons.length === 0 ? null : reasons.join(', ')
}

const powerWords: Readonly<Record<string, string>> = {
  poweredOn: 'powered on',
  poweredOff: 'powered off',
  suspended: 'suspended',
}

function exclusionOf(rules: GroupRules, vm: GroupVm): string | null {
  if (rules.exclude_vm_ids.includes(vm.id)) return 'it is excluded by itself'
  const pattern = rules.exclude_name_patterns.find((line) => matchesGlob(line, vm.vm_name))
  return pattern === undefined ? null : `names such as ${pattern} are excluded`
}

/** `/DC/vm/Prod` holds `/DC/vm/Prod/a` and `/DC/vm/Prod/x/a`, but not `/DC/vm/Production/a`. */
const isBelow = (folder: string, path: string): boolean =>
  path.startsWith(`/${folder.split('/').filter(Boolean).join('/')}/`.replace('//', '/'))

// By code units, so that every machine has the same order.
function byName(a: { readonly context: GroupVm }, b: { readonly context: GroupVm }): number {
  const order = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)
  return order(a.context.vm_name, b.context.vm_name) || order(a.context.id, b.context.id)
}
