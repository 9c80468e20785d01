import type { GroupRules } from '../../../domain/vm-group.js'

/** Rules as the form holds them: one pattern a line. */
export interface RulesDraft {
  readonly namePatterns: string
  readonly folders: string
  readonly powerStates: GroupRules['power_states']
  readonly platformId: string
  readonly excludeNamePatterns: string
  readonly excludeVmIds: readonly string[]
}

export const draftOf = (rules: GroupRules | null): RulesDraft => ({
  namePatterns: (rules?.name_patterns ?? []).join('\n'),
  folders: (rules?.folders ?? []).join('\n'),
  powerStates: rules?.power_states ?? [],
  platformId: rules?.platform_id ?? '',
  excludeNamePatterns: (rules?.exclude_name_patterns ?? []).join('\n'),
  excludeVmIds: rules?.exclude_vm_ids ?? [],
})

/** Null where the draft names no VM: exclusions and a platform alone take none. */
export const rulesOf = (draft: RulesDraft): GroupRules | null => {
  const rules: GroupRules = {
    name_patterns: linesOf(draft.namePatterns),
    folders: linesOf(draft.folders),
    power_states: draft.powerStates,
    platform_id: draft.platformId === '' ? null : draft.platformId,
    exclude_name_patterns: linesOf(draft.excludeNamePatterns),
    exclude_vm_ids: [...draft.excludeVmIds],
  }
  return rules.name_patterns.length + rules.folders.length + rules.power_states.length > 0 ? rules : null
}

/** Whether something is filled in that has no effect because nothing says which VMs to take. */
export const isIdle = (draft: RulesDraft): boolean =>
  rulesOf(draft) === null &&
  (draft.platformId !== '' || linesOf(draft.excludeNamePatterns).length > 0 || draft.excludeVmIds.length > 0)

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
