import { memoryEnd } from '../../blocks/memory-end.js'
import type { Snapshot, SnapshotRequest, Source } from '../platform.js'
import { freezeDisks, type MemoryDatacentre, type MemorySnapshot, type MemoryVm } from './datacentre.js'
import type { FrozenDisk } from './disk.js'
import { diskPath } from './inventory.js'
import { cannotQuiesce, snapshotGone, vmMissing } from './refusals.js'

export const sourceOf = (datacentre: MemoryDatacentre, admit: () => void): Source => ({
  takeSnapshot: async (vm, request) => {
    admit()
    datacentre.passes('takeSnapshot')
    const found = datacentre.vms.get(vm.id)
    if (found === undefined) throw vmMissing(datacentre, vm.id)
    const existing = found.snapshots.get(request.token)
    if (existing !== undefined) return described(datacentre, found, existing, true)
    const taken = take(datacentre, found, request)
    found.snapshots.set(request.token, taken)
    return described(datacentre, found, taken, false)
  },

  findSnapshot: async (instanceUuid, token) => {
    admit()
    const vm = datacentre.vms.get(instanceUuid)
    const found = vm?.snapshots.get(token)
    return vm === undefined || found === undefined ? undefined : described(datacentre, vm, found, true)
  },

  removeSnapshot: async (instanceUuid, token) => {
    admit()
    datacentre.passes('removeSnapshot')
    datacentre.vms.get(instanceUuid)?.snapshots.delete(token)
  },

  snapshotsNamed: async (prefix) => {
    admit()
    return [...datacentre.vms.values()].flatMap((vm) =>
      [...vm.snapshots.values()]
        .filter(({ token }) => token.startsWith(prefix))
        .map(({ token, takenAt }) => ({ instanceUuid: vm.id, vmName: vm.name, token, takenAt })),
    )
  },

  diskReader: async (snapshot, disk) => {
    admit()
    datacentre.passes('diskReader')
    return {
      kind: 'end',
      transport: 'memory',
      // Looked up at each opening: a reader of a snapshot that was removed must fail, not read on.
      open: async () => {
        const { vm, frozen } = frozenDisk(datacentre, snapshot, disk.key)
        const end = memoryEnd(frozen.content, { side: 'source', readOnly: true })
        return datacentre.wrapEnd(end, { vm, key: disk.key, token: snapshot.token })
      },
    }
  },
})

const take = (
  datacentre: MemoryDatacentre,
  vm: MemoryVm,
  { token, quiesce }: SnapshotRequest,
): MemorySnapshot => {
  const on = vm.powerState === 'poweredOn'
  if (on && quiesce === 'require' && !vm.quiesces) throw cannotQuiesce(datacentre, vm.name)
  const running = on && quiesce !== 'never' && vm.quiesces ? 'application' : 'crash'
  return {
    token,
    reference: `snapshot-${vm.reference}-${token}`,
    takenAt: new Date().toISOString(),
    consistency: vm.powerState === 'poweredOff' ? 'powered-off' : running,
    disks: freezeDisks(vm),
  }
}

const described = (
  datacentre: MemoryDatacentre,
  vm: MemoryVm,
  snapshot: MemorySnapshot,
  adopted: boolean,
): Snapshot => ({
  token: snapshot.token,
  reference: snapshot.reference,
  vmReference: vm.reference,
  takenAt: snapshot.takenAt,
  consistency: snapshot.consistency,
  adopted,
  disks: [...snapshot.disks].map(([key, frozen]) => ({
    key,
    backingUuid: frozen.backingUuid,
    capacityBytes: frozen.content.length,
    path: diskPath(vm, key, datacentre.datastore.name),
    changeId: frozen.changeId,
  })),
})

/** One disk of a snapshot that still stands. Throws `snapshot-gone`. */
export const frozenDisk = (
  datacentre: MemoryDatacentre,
  snapshot: Snapshot,
  key: number,
): { vm: MemoryVm; frozen: FrozenDisk } => {
  const vm = [...datacentre.vms.values()].find(({ reference }) => reference === snapshot.vmReference)
  const frozen = vm?.snapshots.get(snapshot.token)?.disks.get(key)
  if (vm === undefined || frozen === undefined) throw snapshotGone(datacentre, snapshot.token)
  return { vm, frozen }
}
