import { and, eq } from 'drizzle-orm'
import type { Platform } from '../../domain/platform.js'
import type { DiscoveredDisk, DiscoveredVm } from '../../domain/vm.js'
import type { VmContext, VmDisk } from '../../domain/vm-context.js'
import { isDuplicate } from '../errors.js'
import { inTransaction } from '../open.js'
import type { Db } from '../open.js'
import { vmDisks } from '../schema/vm-disks.js'
import { vmReplicationContexts } from '../schema/vm-replication-contexts.js'
import { readableId } from './readable-id.js'
import { disksOf } from './vm-contexts.js'
import { diskDrift, vmDrift } from './vm-drift.js'

export interface UpsertedContext {
  readonly context: VmContext
  /** All known disks, those no longer reported (`present: false`) too. */
  readonly disks: VmDisk[]
  /** What has changed since the last discovery, in an operator's words; empty for a new VM. */
  readonly drift: string[]
}

/** Ids that a rescan brings from the manifests, so that paths and points keep fitting. */
export interface KnownIds {
  readonly contextId?: string
  readonly diskIds?: ReadonlyMap<string, { readonly id: string; readonly index: number }>
}

/**
 * Writes what discovery says about a VM: the context found by platform and instance UUID or made, its disks matched by
 * backing uuid. All in one transaction under the context's row lock. `now` is an ISO time.
 */
export const upsertContext = async (
  db: Db,
  platform: Pick<Platform, 'id' | 'host'>,
  vm: DiscoveredVm,
  now: string,
  known: KnownIds = {},
): Promise<UpsertedContext> => {
  const write = () => inTransaction(db, (tx) => writeContext(tx, platform, vm, now, known))
  try {
    return await write()
  } catch (error) {
    // Another process registered the same VM a moment before us: now its row is there to be found.
    if (!isDuplicate(error)) throw error
    return await write()
  }
}

const writeContext = async (
  tx: Db,
  platform: Pick<Platform, 'id' | 'host'>,
  vm: DiscoveredVm,
  now: string,
  known: KnownIds,
): Promise<UpsertedContext> => {
  const before = await lockedContext(tx, platform.id, vm.id)
  const context: VmContext = {
    ...described(platform, vm),
    id: before?.id ?? known.contextId ?? readableId('ctx', vm.name),
    last_discovered_at: now,
    created_at: before?.created_at ?? now,
    updated_at: now,
  }
  if (before === undefined) await tx.insert(vmReplicationContexts).values(context)
  else await tx.update(vmReplicationContexts).set(context).where(eq(vmReplicationContexts.id, context.id))
  const earlier = await disksOf(tx, context.id)
  const disks = await writeDisks(tx, context, vm.disks, earlier, known)
  const drift = before === undefined ? [] : [...vmDrift(before, context), ...diskDrift(earlier, disks)]
  return { context, disks, drift }
}

const lockedContext = async (tx: Db, platformId: string, uuid: string): Promise<VmContext | undefined> => {
  const table = vmReplicationContexts
  const [row] = await tx
    .select()
    .from(table)
    .where(and(eq(table.platform_id, platformId), eq(table.instance_uuid, uuid)))
    .for('update')
  return row
}

const described = (platform: Pick<Platform, 'id' | 'host'>, vm: DiscoveredVm) => ({
  platform_id: platform.id,
  instance_uuid: vm.id,
  vm_name: vm.name,
  vm_path: vm.path,
  vcenter_host: platform.host,
  datacenter: vm.datacenter,
  cpu_count: vm.num_cpu,
  memory_mb: vm.memory_mb,
  os_type: vm.guest_os,
  power_state: vm.power_state,
  vmx_version: vm.vmx_version,
  change_tracking_enabled: vm.change_tracking.enabled,
  networks: vm.networks,
})

const writeDisks = async (
  tx: Db,
  context: VmContext,
  reported: readonly DiscoveredDisk[],
  earlier: readonly VmDisk[],
  known: KnownIds,
): Promise<VmDisk[]> => {
  const disks = new Map(earlier.map((disk) => [disk.backing_uuid, { ...disk, present: false }]))
  for (const disk of reported) {
    const { id, index } = identityOf(disk, context, [...disks.values()], known)
    disks.set(disk.backing_uuid, {
      id,
      vm_context_id: context.id,
      disk_index: index,
      backing_uuid: disk.backing_uuid,
      device_key: disk.key,
      label: disk.label,
      path: disk.path,
      datastore: disk.datastore,
      capacity_bytes: disk.capacity_bytes,
      provisioning_type: disk.provisioning_type,
      left_out: disk.left_out,
      present: true,
    })
  }
  const stored = new Set(earlier.map((disk) => disk.id))
  for (const disk of disks.values()) {
    if (stored.has(disk.id)) await tx.update(vmDisks).set(disk).where(eq(vmDisks.id, disk.id))
    else await tx.insert(vmDisks).values(disk)
  }
  return [...disks.values()].toSorted((a, b) => a.disk_index - b.disk_index)
}

/** A disk keeps its id and index; a new one brings its own from a manifest, or gets the next. */
const identityOf = (
  disk: DiscoveredDisk,
  context: VmContext,
  others: readonly VmDisk[],
  known: KnownIds,
): { id: string; index: number } => {
  const same = others.find((other) => other.backing_uuid === disk.backing_uuid)
  if (same !== undefined) return { id: same.id, index: same.disk_index }
  const brought = known.diskIds?.get(disk.backing_uuid)
  const next = Math.max(-1, ...others.map((other) => other.disk_index)) + 1
  if (brought === undefined) {
    return { id: readableId('disk', `${context.vm_name.slice(0, 24)}-${disk.key}`), index: next }
  }
  const isTaken = others.some((other) => other.disk_index === brought.index)
  return { id: brought.id, index: isTaken ? next : brought.index }
}
