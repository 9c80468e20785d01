import { z } from 'zod'
import { VmContext, VmDisk } from '../../domain/vm-context.js'
import { BackupJob } from './backups.js'
import { Id, IdParams, Name, operation, PageFields, Paging } from './operation.js'
import { PlatformTlsMode } from './platforms.js'

/** A VM as lists show it. `running_backup_id` is the backup that runs for it now, `platform_tls_mode` its platform's. */
export const VmContextView = VmContext.extend({
  disks: z.array(VmDisk),
  latest_backup: BackupJob.nullable(),
  running_backup_id: z.string().nullable(),
  platform_tls_mode: PlatformTlsMode,
  /** Completed points. */
  backup_count: z.int(),
})
export type VmContextView = z.infer<typeof VmContextView>

/** `latest_backups`: newest first, at most ten. */
export const VmContextDetails = VmContextView.extend({ latest_backups: z.array(BackupJob) })
export type VmContextDetails = z.infer<typeof VmContextDetails>

export const VmContextList = z.object({ vm_contexts: z.array(VmContextView), ...PageFields })
export type VmContextList = z.infer<typeof VmContextList>

/** `search`: part of the name or path, whatever its case. */
export const VmContextFilter = Paging.extend({
  platform_id: Id.optional(),
  vm_name: Name.optional(),
  search: Name.optional(),
})
export type VmContextFilter = z.input<typeof VmContextFilter>

/** `vm_ids` are instance UUIDs as discovery reports them. */
export const AddVmContextsRequest = z.strictObject({
  platform_id: Id,
  vm_ids: z.array(z.string().min(1).max(64)).min(1).max(500),
})
export type AddVmContextsRequest = z.input<typeof AddVmContextsRequest>

export const AddedVmContexts = z.object({ vm_contexts: z.array(VmContextView) })
export type AddedVmContexts = z.infer<typeof AddedVmContexts>

export const addVmContexts = operation({
  name: 'addVmContexts',
  method: 'POST',
  path: '/vm-contexts',
  summary: 'Takes discovered VMs under protection; a VM that is known already is refreshed',
  tag: 'vm-contexts',
  role: 'operator',
  body: AddVmContextsRequest,
  responses: { 201: AddedVmContexts },
})

export const listVmContexts = operation({
  name: 'listVmContexts',
  method: 'GET',
  path: '/vm-contexts',
  summary: 'The VMs under protection',
  tag: 'vm-contexts',
  role: 'viewer',
  query: VmContextFilter,
  responses: { 200: VmContextList },
})

export const getVmContext = operation({
  name: 'getVmContext',
  method: 'GET',
  path: '/vm-contexts/{id}',
  summary: 'One VM with its disks and latest backups',
  tag: 'vm-contexts',
  role: 'viewer',
  params: IdParams,
  responses: { 200: VmContextDetails },
})
