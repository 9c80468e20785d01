import { z } from 'zod'
import { GroupMembership, GroupRules, VmGroup } from '../../domain/vm-group.js'
import { Description, Id, IdParams, Name, operation, PageFields, Paging } from './operation.js'

const Priority = z.int().min(0).max(100)
const Concurrency = z.int().min(1).max(50)

export const GroupRequest = z.strictObject({
  name: Name,
  description: Description.nullable().default(null),
  priority: Priority.default(50),
  max_concurrent_vms: Concurrency.default(5),
  rules: GroupRules.nullable().default(null),
  /** Taken and not believed: the caller's own name is recorded. */
  created_by: z.string().max(255).optional(),
})
export type GroupRequest = z.input<typeof GroupRequest>

/** PUT changes what is given and leaves the rest. */
export const GroupChange = z
  .strictObject({
    name: Name,
    description: Description.nullable(),
    priority: Priority,
    max_concurrent_vms: Concurrency,
    rules: GroupRules.nullable(),
  })
  .partial()
export type GroupChange = z.input<typeof GroupChange>

/** `members`: by hand. `flows`: that protect it. */
export const GroupView = VmGroup.extend({ members: z.int(), flows: z.int() })
export type GroupView = z.infer<typeof GroupView>

export const GroupList = z.object({ groups: z.array(GroupView), ...PageFields })
export type GroupList = z.infer<typeof GroupList>

export const GroupMember = GroupMembership.extend({ vm_name: z.string(), power_state: z.string() })
export type GroupMember = z.infer<typeof GroupMember>

export const GroupMembers = z.object({ members: z.array(GroupMember), total: z.int() })
export type GroupMembers = z.infer<typeof GroupMembers>

/** A VM that is a member already gets this priority and state. */
export const AddMembersRequest = z.strictObject({
  vm_context_ids: z.array(Id).min(1).max(500),
  priority: Priority.default(50),
  enabled: z.boolean().default(true),
})
export type AddMembersRequest = z.input<typeof AddMembersRequest>

export const MemberChange = z.strictObject({ priority: Priority, enabled: z.boolean() }).partial()
export type MemberChange = z.input<typeof MemberChange>

/** The VMs that a run would take now, in the order in which it would begin them. */
export const GroupPreview = z.object({
  vms: z.array(
    z.object({
      vm_context_id: z.string(),
      vm_name: z.string(),
      vm_path: z.string(),
      power_state: z.string(),
      priority: z.int(),
      /** `member`, or the rule that it matches, for people. */
      because: z.string(),
    }),
  ),
  total: z.int(),
  /** VMs that a rule or a membership names and that are left out, with why. */
  left_out: z.array(z.object({ vm_context_id: z.string(), vm_name: z.string(), because: z.string() })),
})
export type GroupPreview = z.infer<typeof GroupPreview>

export const GroupPreviewRequest = z.strictObject({
  rules: GroupRules.nullable(),
  /** With this group's members. */
  group_id: Id.nullable().default(null),
})
export type GroupPreviewRequest = z.input<typeof GroupPreviewRequest>

const tag = 'machine-groups'
const MemberParams = z.object({ id: Id, vm_context_id: Id })

export const listGroups = operation({
  name: 'listGroups',
  method: 'GET',
  path: '/machine-groups',
  summary: 'Groups, newest first',
  tag,
  role: 'viewer',
  query: Paging,
  responses: { 200: GroupList },
})

export const createGroup = operation({
  name: 'createGroup',
  method: 'POST',
  path: '/machine-groups',
  summary: 'Makes a group',
  tag,
  role: 'operator',
  body: GroupRequest,
  responses: { 201: GroupView },
})

export const previewGroup = operation({
  name: 'previewGroup',
  method: 'POST',
  path: '/machine-groups/preview',
  summary: 'The VMs of rules that are not saved yet',
  tag,
  role: 'viewer',
  body: GroupPreviewRequest,
  responses: { 200: GroupPreview },
})

export const getGroup = operation({
  name: 'getGroup',
  method: 'GET',
  path: '/machine-groups/{id}',
  summary: 'One group',
  tag,
  role: 'viewer',
  params: IdParams,
  responses: { 200: GroupView },
})

export const updateGroup = operation({
  name: 'updateGroup',
  method: 'PUT',
  path: '/machine-groups/{id}',
  summary: 'Changes what is given',
  tag,
  role: 'operator',
  params: IdParams,
  body: GroupChange,
  responses: { 200: GroupView },
})

export const deleteGroup = operation({
  name: 'deleteGroup',
  method: 'DELETE',
  path: '/machine-groups/{id}',
  summary: 'Removes a group that no flow protects',
  tag,
  role: 'operator',
  params: IdParams,
  responses: { 204: null },
})

export const listGroupMembers = operation({
  name: 'listGroupMembers',
  method: 'GET',
  path: '/machine-groups/{id}/members',
  summary: 'Members by hand',
  tag,
  role: 'viewer',
  params: IdParams,
  responses: { 200: GroupMembers },
})

export const addGroupMembers = operation({
  name: 'addGroupMembers',
  method: 'POST',
  path: '/machine-groups/{id}/members',
  summary: 'Adds VMs: all or, with 404, none',
  tag,
  role: 'operator',
  params: IdParams,
  body: AddMembersRequest,
  responses: { 200: GroupMembers },
})

export const changeGroupMember = operation({
  name: 'changeGroupMember',
  method: 'PATCH',
  path: '/machine-groups/{id}/members/{vm_context_id}',
  summary: 'Changes a membership',
  tag,
  role: 'operator',
  params: MemberParams,
  body: MemberChange,
  responses: { 200: GroupMember },
})

export const removeGroupMember = operation({
  name: 'removeGroupMember',
  method: 'DELETE',
  path: '/machine-groups/{id}/members/{vm_context_id}',
  summary: 'Takes a VM out of the group',
  tag,
  role: 'operator',
  params: MemberParams,
  responses: { 204: null },
})

export const previewSavedGroup = operation({
  name: 'previewSavedGroup',
  method: 'GET',
  path: '/machine-groups/{id}/preview',
  summary: 'The VMs that a run would take now',
  tag,
  role: 'viewer',
  params: IdParams,
  responses: { 200: GroupPreview },
})
