import { Failure } from '../../../domain/failure.js'
import type { DiscoveredVm } from '../../../domain/vm.js'
import type { Platform } from '../../../domain/platform.js'
import type { Inventory } from '../platform.js'
import type { MemoryDatacentre, MemoryVm } from './datacentre.js'
import type { MemoryDisk } from './disk.js'
import { vmMissing } from './refusals.js'

const datacenterName = 'memory'

export const inventoryOf = (
  datacentre: MemoryDatacentre,
  platform: Platform,
  admit: () => void,
): Inventory => ({
  check: async () => {
    const certificate = {
      name: 'certificate',
      ok: true,
      detail: 'None is needed: it lives in this process',
      remedy: null,
    }
    try {
      admit()
      return [
        certificate,
        { name: 'login', ok: true, detail: `${platform.username} is logged in`, remedy: null },
      ]
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      return [certificate, { name: 'login', ok: false, detail: error.message, remedy: error.remedy ?? null }]
    }
  },

  listVms: async (filter = {}) => {
    admit()
    datacentre.passes('listVms')
    const datacenter = filter.datacenter ?? platform.datacenter ?? datacenterName
    if (datacenter !== datacenterName)
      throw new Failure(
        'not-found',
        `${datacentre.name} has no datacenter ${datacenter}; it has: ${datacenterName}`,
        { retry: false },
      )
    return [...datacentre.vms.values()]
      .filter((vm) => filter.name === undefined || vm.name === filter.name)
      .map((vm) => discovered(vm, datacentre.datastore.name))
  },

  vmById: async (instanceUuid) => {
    admit()
    datacentre.passes('vmById')
    const vm = datacentre.vms.get(instanceUuid)
    if (vm === undefined) throw vmMissing(datacentre, instanceUuid)
    return discovered(vm, datacentre.datastore.name)
  },

  datastoresOf: async (vm) => {
    admit()
    if (!datacentre.vms.has(vm.id)) throw vmMissing(datacentre, vm.id)
    return vm.disks.some((disk) => disk.datastore === datacentre.datastore.name)
      ? [{ ...datacentre.datastore }]
      : []
  },
})

const discovered = (vm: MemoryVm, datastore: string): DiscoveredVm => ({
  id: vm.id,
  name: vm.name,
  path: `/${datacenterName}/vm/${vm.name}`,
  datacenter: datacenterName,
  num_cpu: 1,
  cpus: 1,
  memory_mb: 512,
  power_state: vm.powerState,
  guest_os: 'linux',
  vmx_version: 'memory-1',
  disks: [...vm.disks.values()].map((disk) => discoveredDisk(vm, disk, datastore)),
  networks: [],
  reference: vm.reference,
  firmware: 'bios',
  change_tracking: { supported: vm.trackingSupported, enabled: vm.trackingEnabled },
  has_snapshots: vm.snapshots.size > 0,
  consolidation_needed: vm.consolidationNeeded,
  host: vm.host,
})

const discoveredDisk = (
  vm: MemoryVm,
  disk: MemoryDisk,
  datastore: string,
): DiscoveredVm['disks'][number] => ({
  id: `disk-${disk.key}`,
  path: diskPath(vm, disk.key, datastore),
  size_gb: Math.round((disk.content.length / 1024 ** 3) * 100) / 100,
  capacity_bytes: disk.content.length,
  datastore,
  label: `Hard disk ${disk.key - 1999}`,
  provisioning_type: 'thin',
  key: disk.key,
  backing_uuid: disk.backingUuid,
  disk_mode: disk.leftOut === 'independent' ? 'independent_persistent' : 'persistent',
  left_out: disk.leftOut,
})

/** A disk's path, in the form that vSphere has. */
export const diskPath = (vm: MemoryVm, key: number, datastore: string): string =>
  `[${datastore}] ${vm.reference}/disk-${key}`
