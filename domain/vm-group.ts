import { z } from 'zod'

const Patterns = z.array(z.string().trim().min(1).max(255)).max(50)

/**
 * Which VMs belong to a group by themselves: those that match every kind of rule that is given (any line of it), and no
 * exclusion. At least one of the first three must be given.
 */
export const GroupRules = z
  .strictObject({
    /** VM names with `*` and `?`, whatever their case. */
    name_patterns: Patterns.default([]),
    /** Inventory paths, such as `/DatabanxDC/vm/Prod`: the folder and all below it. */
    folders: Patterns.default([]),
    power_states: z
      .array(z.enum(['poweredOn', 'poweredOff', 'suspended']))
      .max(3)
      .default([]),
    /** Only VMs of this platform. */
    platform_id: z.string().max(64).nullable().default(null),
    exclude_name_patterns: Patterns.default([]),
    exclude_vm_ids: z.array(z.string().max(64)).max(500).default([]),
  })
  .refine(
    (rules) => rules.name_patterns.length + rules.folders.length + rules.power_states.length > 0,
    'needs at least one name pattern, folder or power state',
  )
export type GroupRules = z.infer<typeof GroupRules>

/** VMs that are protected together: members by hand, and those that the rules match when a run begins. */
export const VmGroup = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  /** 0 to 100; higher goes first. */
  priority: z.int(),
  /** How many VMs of one execution are backed up at the same time. */
  max_concurrent_vms: z.int(),
  rules: GroupRules.nullable(),
  created_by: z.string(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
})
export type VmGroup = z.infer<typeof VmGroup>

export const GroupMembership = z.object({
  group_id: z.string(),
  vm_context_id: z.string(),
  /** 0 to 100; higher goes first within the group. */
  priority: z.int(),
  /** A disabled member is left out, even where a rule matches it. */
  enabled: z.boolean(),
  added_at: z.iso.datetime(),
})
export type GroupMembership = z.infer<typeof GroupMembership>
