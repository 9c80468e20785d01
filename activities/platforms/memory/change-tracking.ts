import type { ChangeTracking } from '../platform.js'
import type { MemoryDatacentre } from './datacentre.js'
import { allocatedAreas, areasSince, resetTracking } from './disk.js'
import { trackingUnavailable, vmMissing } from './refusals.js'
import { frozenDisk } from './source.js'

export const changeTrackingOf = (datacentre: MemoryDatacentre, admit: () => void): ChangeTracking => ({
  ensureEnabled: async ({ id }) => {
    admit()
    datacentre.passes('ensureEnabled')
    const vm = datacentre.vms.get(id)
    if (vm === undefined) throw vmMissing(datacentre, id)
    if (vm.trackingEnabled) return { enabled: true, changed: false, reason: null }
    if (!vm.trackingSupported)
      return { enabled: false, changed: false, reason: 'the VM does not support change tracking' }
    if (vm.snapshots.size > 0)
      return {
        enabled: false,
        changed: false,
        reason: `the VM has snapshots (${[...vm.snapshots.keys()].join(', ')})`,
      }
    vm.trackingEnabled = true
    for (const disk of vm.disks.values()) resetTracking(disk)
    return { enabled: true, changed: true, reason: null }
  },

  changedAreas: async (snapshot, disk, since) => {
    admit()
    datacentre.passes('changedAreas')
    const { frozen } = frozenDisk(datacentre, snapshot, disk.key)
    if (frozen.changeId === null) throw trackingUnavailable(disk.path, 'it is off for this disk')
    if (since === '*') return allocatedAreas(frozen)
    const [epoch, moment] = since.split('/')
    const [epochNow, momentNow] = frozen.changeId.split('/')
    if (epoch !== epochNow || !(Number(moment) <= Number(momentNow)))
      throw trackingUnavailable(disk.path, 'it was reset since the last backup')
    return areasSince(frozen, Number(moment))
  },
})
