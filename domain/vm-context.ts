import { z } from 'zod'

/** Our durable record of one disk; `id` is ours and stands in API paths, `backing_uuid` is the disk's identity. */
export const VmDisk = z.object({
  id: z.string(),
  vm_context_id: z.string(),
  /** Order within the VM: the seeds' numeric `disk_id`. */
  disk_index: z.number().int(),
  backing_uuid: z.string(),
  device_key: z.number().int(),
  label: z.string(),
  path: z.string(),
  datastore: z.string(),
  capacity_bytes: z.number().int(),
  provisioning_type: z.string(),
  left_out: z.string().nullable(),
  /** False once discovery no longer reports the disk; its points stay. */
  present: z.boolean(),
})
export type VmDisk = z.infer<typeof VmDisk>

/** Our durable record of one VM on one platform: identity is platform + instance UUID, never the name. */
export const VmContext = z.object({
  id: z.string(),
  platform_id: z.string(),
  instance_uuid: z.string(),
  vm_name: z.string(),
  vm_path: z.string(),
  vcenter_host: z.string(),
  datacenter: z.string(),
  cpu_count: z.number().int(),
  memory_mb: z.number().int(),
  os_type: z.string(),
  power_state: z.string(),
  vmx_version: z.string(),
  change_tracking_enabled: z.boolean(),
  networks: z.array(z.unknown()),
  last_discovered_at: z.iso.datetime().nullable(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
})
export type VmContext = z.infer<typeof VmContext>
