import { powerStates, type DiscoveredNetwork, type DiscoveredVm } from '../../../domain/vm.js'
import { plainName, placePaths, type Place } from './inventory-path.js'
import type { ObjectProperties } from './properties.js'
import { snapshotsIn } from './snapshot-tree.js'
import { virtualDisks } from './virtual-disks.js'
import { all, at, flagAt, numberAt, refAt, textAt, typeOf, type Ref } from './xml.js'

/** What discovery asks of a VM. */
export const vmPaths = [
  'name',
  ...placePaths,
  'config.instanceUuid',
  'config.template',
  'config.hardware.numCPU',
  'config.hardware.memoryMB',
  'config.hardware.device',
  'config.version',
  'config.guestId',
  'config.firmware',
  'config.changeTrackingEnabled',
  'capability.changeTrackingSupported',
  'runtime.powerState',
  'runtime.host',
  'runtime.consolidationNeeded',
  'snapshot',
] as const

/** What a VM refers to by id, by its name; without a name the id is shown. */
export interface NamesById {
  readonly portgroups: ReadonlyMap<string, string>
  readonly hosts: ReadonlyMap<string, string>
}

/** The VM in the seeds' shape; undefined for a template, and for one whose configuration cannot be read. */
export const discoveredVm = (
  { ref, values }: ObjectProperties,
  place: Place,
  names: NamesById,
): DiscoveredVm | undefined => {
  const id = textAt(values.get('config.instanceUuid'))
  if (id === undefined || id === '' || flagAt(values.get('config.template')) === true) return undefined
  const name = plainName(textAt(values.get('name')) ?? '')
  const cpus = numberAt(values.get('config.hardware.numCPU')) ?? 0
  const devices = values.get('config.hardware.device')
  const power = textAt(values.get('runtime.powerState'))
  const host = hostOf(values)
  return {
    id,
    name,
    path: `${place.folder}/${name}`,
    datacenter: place.datacenter,
    num_cpu: cpus,
    cpus,
    memory_mb: numberAt(values.get('config.hardware.memoryMB')) ?? 0,
    power_state: powerStates.find((state) => state === power) ?? 'poweredOff',
    guest_os: guestOs(textAt(values.get('config.guestId')) ?? ''),
    vmx_version: textAt(values.get('config.version')) ?? '',
    disks: virtualDisks(devices).map(({ disk }) => disk),
    networks: all(devices, 'VirtualDevice').flatMap((device) => network(device, names.portgroups)),
    reference: ref.value,
    firmware: textAt(values.get('config.firmware')) === 'efi' ? 'efi' : 'bios',
    change_tracking: {
      supported: flagAt(values.get('capability.changeTrackingSupported')) === true,
      enabled: flagAt(values.get('config.changeTrackingEnabled')) === true,
    },
    has_snapshots: snapshotsIn(values.get('snapshot')).length > 0,
    consolidation_needed: flagAt(values.get('runtime.consolidationNeeded')) === true,
    host: host === undefined ? '' : (names.hosts.get(host.value) ?? host.value),
  }
}

// Guest ids are e.g. windows2019srv_64Guest, win98Guest, debian11_64Guest.
const linux =
  /^(asianux|almalinux|amazonlinux|centos|coreos|crxPod|crxSys|debian|fedora|genericLinux|linux|mandr|miraclelinux|opensuse|oracleLinux|other\d*xLinux|otherLinux|redhat|rhel|rocky|sjds|sles|suse|turboLinux|ubuntu|vmwarePhoton)/i

const guestOs = (guestId: string): string => {
  if (/^win/i.test(guestId)) return 'windows'
  return linux.test(guestId) ? 'linux' : guestId
}

const adapters: Readonly<Record<string, string>> = {
  VirtualE1000: 'e1000',
  VirtualE1000e: 'e1000e',
  VirtualPCNet32: 'pcnet32',
  VirtualVmxnet: 'vmxnet',
  VirtualVmxnet2: 'vmxnet2',
  VirtualVmxnet3: 'vmxnet3',
  VirtualVmxnet3Vrdma: 'vmxnet3vrdma',
  VirtualSriovEthernetCard: 'sriov',
}

const hostOf = (values: ObjectProperties['values']): Ref | undefined => refAt(values.get('runtime.host'))

/** The hosts that these VMs run on, each once. */
export const hostsOf = (vms: readonly ObjectProperties[]): Ref[] => [
  ...new Map(vms.flatMap(({ values }) => hostOf(values) ?? []).map((ref) => [ref.value, ref])).values(),
]

/** Keys of the distributed port groups that a VM's network cards name. */
export const portgroupKeys = ({ values }: ObjectProperties): string[] =>
  all(values.get('config.hardware.device'), 'VirtualDevice').flatMap(
    (device) => textAt(device, 'backing', 'port', 'portgroupKey') ?? [],
  )

const network = (device: unknown, portgroupNames: ReadonlyMap<string, string>): DiscoveredNetwork[] => {
  const adapter = adapters[typeOf(device) ?? '']
  if (adapter === undefined) return []
  const backing = at(device, 'backing')
  const portgroup = textAt(backing, 'port', 'portgroupKey')
  const opaque = textAt(backing, 'opaqueNetworkId')
  const name =
    portgroup === undefined
      ? plainName(textAt(backing, 'deviceName') ?? opaque ?? '')
      : (portgroupNames.get(portgroup) ?? portgroup)
  const standardOrOpaque = opaque === undefined ? 'standard' : 'opaque'
  return [
    {
      name,
      type: portgroup === undefined ? standardOrOpaque : 'distributed',
      connected: flagAt(device, 'connectable', 'connected') === true,
      mac_address: textAt(device, 'macAddress') ?? '',
      label: textAt(device, 'deviceInfo', 'label') ?? '',
      network_name: name,
      adapter_type: adapter,
    },
  ]
}
