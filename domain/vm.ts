import { z } from 'zod'

export const powerStates = ['poweredOn', 'poweredOff', 'suspended'] as const

/** Why a snapshot cannot hold a disk; such a disk is left out of a backup with a warning that names it. */
export const disksLeftOut = ['rdm-physical', 'independent', 'shared-bus', 'no-snapshot'] as const
export const DiskLeftOut = z.enum(disksLeftOut)
export type DiskLeftOut = z.infer<typeof DiskLeftOut>

/** A disk as discovery reports it: the seeds' fields first, then what a backup needs. */
export const DiscoveredDisk = z.object({
  /** `disk-<device key>`, as the seeds have it. Device keys are reused: identity is `backing_uuid`. */
  id: z.string(),
  path: z.string(),
  size_gb: z.number(),
  capacity_bytes: z.number().int().nonnegative(),
  datastore: z.string(),
  label: z.string(),
  provisioning_type: z.enum(['thin', 'thick', 'eager_zeroed']),
  key: z.number().int(),
  backing_uuid: z.string(),
  disk_mode: z.string(),
  left_out: DiskLeftOut.nullable(),
})
export type DiscoveredDisk = z.infer<typeof DiscoveredDisk>

export const DiscoveredNetwork = z.object({
  name: z.string(),
  type: z.string(),
  connected: z.boolean(),
  mac_address: z.string(),
  label: z.string(),
  network_name: z.string(),
  adapter_type: z.string(),
})
export type DiscoveredNetwork = z.infer<typeof DiscoveredNetwork>

/** A VM as discovery reports it (the seeds' shape). `id` is the instance UUID, the VM's identity; names may repeat. */
export const DiscoveredVm = z.object({
  id: z.string(),
  name: z.string(),
  path: z.string(),
  datacenter: z.string(),
  num_cpu: z.number().int(),
  cpus: z.number().int(),
  memory_mb: z.number().int(),
  power_state: z.enum(powerStates),
  guest_os: z.string(),
  vmx_version: z.string(),
  disks: z.array(DiscoveredDisk),
  networks: z.array(DiscoveredNetwork),
  /** The platform's own handle for calls (a managed object id for vmware); not an identity. */
  reference: z.string(),
  firmware: z.enum(['bios', 'efi']),
  change_tracking: z.object({ supported: z.boolean(), enabled: z.boolean() }),
  has_snapshots: z.boolean(),
  consolidation_needed: z.boolean(),
  /** The host that it runs on now; empty where the platform does not tell, and in points of before it was kept. */
  host: z.string().default(''),
})
export type DiscoveredVm = z.infer<typeof DiscoveredVm>
