import type { GroupRules } from '../../../domain/vm-group.js'
import { formatCount } from '../../lib/format.js'

type PowerState = GroupRules['power_states'][number]

export const powerStateNames: Readonly<Record<PowerState, string>> = {
  poweredOn: 'powered on',
  poweredOff: 'powered off',
  suspended: 'suspended',
}

/** Rules in words: `named pg*, in /DC/vm/Prod, powered on; not *-test`. */
export const rulesText = (rules: GroupRules | null, platformName?: (id: string) => string): string => {
  if (rules === null) return 'members by hand only'
  const taken = [
    part('named', rules.name_patterns),
    part('in', rules.folders),
    rules.power_states.map((state) => powerStateNames[state]).join(' or '),
    rules.platform_id === null ? '' : `on ${platformName?.(rules.platform_id) ?? rules.platform_id}`,
  ]
  const excluded = [
    rules.exclude_name_patterns.join(' or '),
    rules.exclude_vm_ids.length === 0 ? '' : `${formatCount(rules.exclude_vm_ids.length, 'VM')} by hand`,
  ].filter((text) => text !== '')
  const words = taken.filter((text) => text !== '').join(', ')
  return excluded.length === 0 ? words : `${words}; not ${excluded.join(', ')}`
}

const part = (word: string, patterns: readonly string[]): string =>
  patterns.length === 0 ? '' : `${word} ${patterns.join(' or ')}`

/** A power state as platforms report it, for people. */
export const powerStateName = (state: string): string =>
  (powerStateNames as Readonly<Record<string, string>>)[state] ?? state
