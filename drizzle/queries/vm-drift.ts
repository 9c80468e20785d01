import type { VmContext, VmDisk } from '../../domain/vm-context.js'

const GiB = 1024 ** 3
const size = (bytes: number): string =>
  bytes % GiB === 0 ? `${bytes / GiB} GiB` : `${(bytes / GiB).toFixed(2)} GiB (${bytes} bytes)`

/** What has changed about a VM between two discoveries, in an operator's words. */
export const vmDrift = (before: VmContext, after: VmContext): string[] => [
  ...(before.vm_name === after.vm_name ? [] : [`renamed from ${before.vm_name} to ${after.vm_name}`]),
  ...(before.vm_path === after.vm_path ? [] : [`moved from ${before.vm_path} to ${after.vm_path}`]),
  ...(before.cpu_count === after.cpu_count
    ? []
    : [`CPUs changed from ${before.cpu_count} to ${after.cpu_count}`]),
  ...(before.memory_mb === after.memory_mb
    ? []
    : [`memory changed from ${before.memory_mb} MB to ${after.memory_mb} MB`]),
  ...(before.change_tracking_enabled && !after.change_tracking_enabled
    ? ['change tracking was switched off']
    : []),
]

/** What has changed about its disks; disks are the same when their backing uuid is. */
export const diskDrift = (before: readonly VmDisk[], after: readonly VmDisk[]): string[] => {
  const earlier = new Map(before.map((disk) => [disk.backing_uuid, disk]))
  return after.flatMap((disk) => changesOf(earlier.get(disk.backing_uuid), disk))
}

const changesOf = (was: VmDisk | undefined, is: VmDisk): string[] => {
  const name = `disk ${is.disk_index} (${is.label})`
  if (was === undefined) return [`${name} was added, ${size(is.capacity_bytes)}`]
  if (was.present && !is.present) return [`${name} was removed; its points stay`]
  if (!is.present) return []
  const changes = was.present ? [] : [`${name} came back`]
  if (was.capacity_bytes !== is.capacity_bytes) {
    const way = is.capacity_bytes > was.capacity_bytes ? 'grew' : 'shrank'
    changes.push(`${name} ${way} from ${size(was.capacity_bytes)} to ${size(is.capacity_bytes)}`)
  }
  if (was.datastore !== is.datastore) {
    changes.push(`${name} moved from datastore ${was.datastore} to ${is.datastore}`)
  }
  if (was.left_out !== is.left_out) {
    changes.push(
      is.left_out === null ? `${name} can be backed up now` : `${name} is left out: ${is.left_out}`,
    )
  }
  return changes
}
