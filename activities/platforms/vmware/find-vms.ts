import { Failure } from '../../../domain/failure.js'
import type { DiscoveredVm } from '../../../domain/vm.js'
import { discoveredVm, hostsOf, portgroupKeys, vmPaths } from './discovered-vm.js'
import { placesOf, plainName } from './inventory-path.js'
import { propertiesBelow, propertiesOf, type ObjectProperties } from './properties.js'
import type { Session } from './session.js'
import { isFault } from './soap-fault.js'
import { field, refAt, textAt, type Ref } from './xml.js'

/** The VM of this instance UUID; undefined where the vCenter has none. */
export const findVm = async (session: Session, instanceUuid: string): Promise<Ref | undefined> => {
  const { searchIndex } = await session.content()
  const found = await session.call({
    method: 'FindByUuid',
    on: searchIndex,
    parameters: field('uuid', instanceUuid) + field('vmSearch', true) + field('instanceUuid', true),
  })
  return refAt(found, 'returnval')
}

/** Does the work on the VM of this instance UUID. Throws `vm-not-found`, also where it goes away meanwhile. */
export const withVm = async <T>(
  session: Session,
  instanceUuid: string,
  work: (vm: Ref) => Promise<T>,
): Promise<T> => {
  const vm = await findVm(session, instanceUuid)
  if (vm === undefined) throw vmMissing(session, instanceUuid)
  try {
    return await work(vm)
  } catch (error) {
    if (isFault(error, 'ManagedObjectNotFound') && (await findVm(session, instanceUuid)) === undefined)
      throw vmMissing(session, instanceUuid)
    throw error
  }
}

const vmMissing = (session: Session, instanceUuid: string): Failure =>
  new Failure(
    'vm-not-found',
    `vCenter ${session.endpoint.display} has no VM with the instance UUID ${instanceUuid}`,
    {
      retry: false,
      facts: { host: session.endpoint.display, instance_uuid: instanceUuid },
      remedy: 'Discover the VMs anew; the VM was removed, or registered again under a new identity.',
    },
  )

/** One VM, freshly read. Throws `vm-not-found`. */
export const readVm = (session: Session, instanceUuid: string): Promise<DiscoveredVm> =>
  withVm(session, instanceUuid, async (ref) => {
    const [vm] = await describe(session, await propertiesOf(session, [ref], vmPaths))
    if (vm === undefined) throw vmMissing(session, instanceUuid)
    return vm
  })

/** VMs under a container, or those of this very name. A VM that vanishes meanwhile costs one more round. */
export const readVms = async (
  session: Session,
  container: Ref,
  name: string | undefined,
): Promise<DiscoveredVm[]> => {
  for (let round = 1; ; round++) {
    try {
      const read =
        name === undefined
          ? propertiesBelow(session, container, 'VirtualMachine', vmPaths)
          : named(session, container, name)
      return await describe(session, await read)
    } catch (error) {
      if (round === 3 || !isFault(error, 'ManagedObjectNotFound')) throw error
    }
  }
}

// Names first, for all, then everything for the few: a device list is most of an answer.
const named = async (session: Session, container: Ref, name: string): Promise<ObjectProperties[]> => {
  const listed = await propertiesBelow(session, container, 'VirtualMachine', ['name'])
  const refs = listed
    .filter(({ values }) => plainName(textAt(values.get('name')) ?? '') === name)
    .map(({ ref }) => ref)
  return propertiesOf(session, refs, vmPaths)
}

const describe = async (session: Session, vms: readonly ObjectProperties[]): Promise<DiscoveredVm[]> => {
  const placeOf = await placesOf(session, vms)
  const keys = [...new Set(vms.flatMap(portgroupKeys))]
  const names = {
    portgroups: await namesOf(
      session,
      keys.map((value) => ({ type: 'DistributedVirtualPortgroup', value })),
    ),
    hosts: await namesOf(session, hostsOf(vms)),
  }
  return vms.flatMap((vm) => discoveredVm(vm, placeOf(vm), names) ?? [])
}

const namesOf = async (session: Session, refs: readonly Ref[]): Promise<Map<string, string>> => {
  // A name is decoration: without it the id is shown.
  const found = await propertiesOf(session, refs, ['name']).catch((error: unknown) => {
    if (isFault(error, 'ManagedObjectNotFound', 'NoPermission')) return []
    throw error
  })
  return new Map(
    found.map(({ ref, values }) => [ref.value, plainName(textAt(values.get('name')) ?? ref.value)]),
  )
}

/** Datacenters of this vCenter: name → reference. */
const datacenters = async (session: Session): Promise<Map<string, Ref>> => {
  const { rootFolder } = await session.content()
  const found = await propertiesBelow(session, rootFolder, 'Datacenter', ['name'])
  return new Map(found.map(({ ref, values }) => [plainName(textAt(values.get('name')) ?? ''), ref]))
}

/** Where to look for VMs. Throws `not-found` where the named datacenter is not there. */
export const containerOf = async (session: Session, datacenter: string | undefined): Promise<Ref> => {
  if (datacenter === undefined) return (await session.content()).rootFolder
  const known = await datacenters(session)
  const found = known.get(datacenter)
  if (found !== undefined) return found
  const names = [...known.keys()].join(', ')
  throw new Failure(
    'not-found',
    `vCenter ${session.endpoint.display} has no datacenter ${datacenter}; it has: ${names === '' ? 'none' : names}`,
    {
      retry: false,
      facts: { host: session.endpoint.display, datacenter },
      remedy: 'Correct the datacenter of this platform, or leave it empty to see all.',
    },
  )
}
