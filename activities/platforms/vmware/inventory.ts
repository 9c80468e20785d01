import type { DatastoreSpace, Inventory } from '../platform.js'
import type { DiscoveredVm } from '../../../domain/vm.js'
import { check } from './check.js'
import { naming } from './faults.js'
import { containerOf, readVm, readVms, withVm } from './find-vms.js'
import { plainName } from './inventory-path.js'
import { propertiesOf, propertiesOfOne } from './properties.js'
import type { Session } from './session.js'
import { all, numberAt, refAt, textAt } from './xml.js'

/** The vCenter's inventory. A VM's identity is its instance UUID; names may repeat. */
export const inventoryOf = (session: Session): Inventory => ({
  check: () => check(session),

  listVms: (filter = {}) =>
    naming(session.doing('list its VMs'), async () => {
      const datacenter = filter.datacenter ?? session.platform.datacenter ?? undefined
      return readVms(session, await containerOf(session, datacenter), filter.name)
    }),

  vmById: (instanceUuid) =>
    naming(session.doing(`read the VM ${instanceUuid}`), () => readVm(session, instanceUuid)),

  datastoresOf: (vm) =>
    naming(session.doing(`read the datastores of VM ${vm.name}`, vm.name), () => datastoresOf(session, vm)),
})

const datastoresOf = (session: Session, vm: DiscoveredVm): Promise<DatastoreSpace[]> =>
  withVm(session, vm.id, async (ref) => {
    const { values } = await propertiesOfOne(session, ref, ['datastore'])
    const refs = all(values.get('datastore'), 'ManagedObjectReference').flatMap((each) => refAt(each) ?? [])
    const used = new Set(vm.disks.map((disk) => disk.datastore))
    const read = await propertiesOf(session, refs, ['name', 'summary.capacity', 'summary.freeSpace'])
    return read
      .map(({ values: store }) => ({
        name: plainName(textAt(store.get('name')) ?? ''),
        capacityBytes: numberAt(store.get('summary.capacity')) ?? 0,
        freeBytes: numberAt(store.get('summary.freeSpace')) ?? 0,
      }))
      .filter(({ name }) => used.has(name))
  })
