import { DiscoveredVm } from '../../../domain/vm.js'
import { discoveredVm } from './discovered-vm.js'
import { plainName } from './inventory-path.js'
import { at, parseXml } from './xml.js'

const disk = (key: number, backing: string, more = ''): string =>
  `<VirtualDevice xsi:type="VirtualDisk"><key>${key}</key><deviceInfo><label>Hard disk ${key - 1999}</label></deviceInfo>` +
  `${backing}${more}<capacityInKB>1048576</capacityInKB><capacityInBytes>1073741824</capacityInBytes></VirtualDevice>`

const flat = (uuid: string, more = '<thinProvisioned>true</thinProvisioned>', mode = 'persistent'): string =>
  `<backing xsi:type="VirtualDiskFlatVer2BackingInfo"><fileName>[ds 1] a/a.vmdk</fileName><diskMode>${mode}</diskMode>${more}<uuid>${uuid}</uuid></backing>`

const rdm = (mode: string): string =>
  `<backing xsi:type="VirtualDiskRawDiskMappingVer1BackingInfo"><fileName>[ds 1] a/rdm.vmdk</fileName><compatibilityMode>${mode}</compatibilityMode><diskMode>persistent</diskMode><uuid>u</uuid></backing>`

const card = (type: string, backing: string): string =>
  `<VirtualDevice xsi:type="${type}"><key>4000</key><deviceInfo><label>Network adapter 1</label></deviceInfo>${backing}` +
  '<connectable><startConnected>true</startConnected><connected>true</connected></connectable><macAddress>00:50:56:85:bf:a2</macAddress></VirtualDevice>'

const described = (devices: string, values: Record<string, string> = {}): DiscoveredVm | undefined => {
  const xml = `<val xmlns:xsi="x" xsi:type="ArrayOfVirtualDevice">${devices}</val>`
  return discoveredVm(
    {
      ref: { type: 'VirtualMachine', value: 'vm-41' },
      values: new Map<string, unknown>([
        ['name', 'a%2fb'],
        ['config.instanceUuid', '4205784a-098a-40f1-1f1e-a5cd2597fd59'],
        ['config.hardware.numCPU', '2'],
        ['config.hardware.memoryMB', '4096'],
        ['config.guestId', 'windows2019srv_64Guest'],
        ['config.version', 'vmx-15'],
        ['runtime.powerState', 'poweredOn'],
        ['runtime.host', at(parseXml('<host type="HostSystem">host-9</host>'), 'host')],
        ...Object.entries(values),
        ['config.hardware.device', at(parseXml(xml), 'val')],
      ]),
      withheld: new Map(),
    },
    { datacenter: 'DC', folder: '/DC/vm/prod' },
    {
      portgroups: new Map([['dvportgroup-7', 'Blue net']]),
      hosts: new Map([['host-9', 'esx-09.example']]),
    },
  )
}

test('a VM that was written down before hosts were kept is read without one', () => {
  const { host, ...before } = described('') ?? { host: undefined }
  expect(host).toBe('esx-09.example')
  expect(DiscoveredVm.parse(before).host).toBe('')
})

test('a VM in the seeds’ shape', () => {
  const vm = described(
    disk(2000, flat('6000C295-1')) +
      card(
        'VirtualE1000e',
        '<backing xsi:type="VirtualEthernetCardNetworkBackingInfo"><deviceName>QUAD_VLAN_1_STD</deviceName></backing>',
      ),
  )
  expect(DiscoveredVm.strict().parse(vm)).toEqual({
    id: '4205784a-098a-40f1-1f1e-a5cd2597fd59',
    name: 'a/b',
    path: '/DC/vm/prod/a/b',
    datacenter: 'DC',
    num_cpu: 2,
    cpus: 2,
    memory_mb: 4096,
    power_state: 'poweredOn',
    guest_os: 'windows',
    vmx_version: 'vmx-15',
    disks: [
      {
        id: 'disk-2000',
        path: '[ds 1] a/a.vmdk',
        size_gb: 1,
        capacity_bytes: 1_073_741_824,
        datastore: 'ds 1',
        label: 'Hard disk 1',
        provisioning_type: 'thin',
        key: 2000,
        backing_uuid: '6000C295-1',
        disk_mode: 'persistent',
        left_out: null,
      },
    ],
    networks: [
      {
        name: 'QUAD_VLAN_1_STD',
        type: 'standard',
        connected: true,
        mac_address: '00:50:56:85:bf:a2',
        label: 'Network adapter 1',
        network_name: 'QUAD_VLAN_1_STD',
        adapter_type: 'e1000e',
      },
    ],
    reference: 'vm-41',
    firmware: 'bios',
    change_tracking: { supported: false, enabled: false },
    has_snapshots: false,
    consolidation_needed: false,
    host: 'esx-09.example',
  })
})

test.each([
  { name: 'a thin disk', devices: disk(2000, flat('u')), provisioning: 'thin', leftOut: null },
  { name: 'a thick disk', devices: disk(2000, flat('u', '')), provisioning: 'thick', leftOut: null },
  {
    name: 'an eagerly zeroed disk',
    devices: disk(2000, flat('u', '<eagerlyScrub>true</eagerlyScrub>')),
    provisioning: 'eager_zeroed',
    leftOut: null,
  },
  {
    name: 'an independent disk',
    devices: disk(2000, flat('u', '', 'independent_nonpersistent')),
    provisioning: 'thick',
    leftOut: 'independent',
  },
  {
    name: 'a physical RDM',
    devices: disk(2000, rdm('physicalMode')),
    provisioning: 'thick',
    leftOut: 'rdm-physical',
  },
  {
    name: 'a virtual RDM, which can be snapshotted',
    devices: disk(2000, rdm('virtualMode')),
    provisioning: 'thick',
    leftOut: null,
  },
  {
    name: 'a disk for several writers',
    devices: disk(2000, flat('u', '<sharing>sharingMultiWriter</sharing>')),
    provisioning: 'thick',
    leftOut: 'shared-bus',
  },
  {
    name: 'a disk on a shared bus',
    devices:
      '<VirtualDevice xsi:type="ParaVirtualSCSIController"><key>1000</key><sharedBus>physicalSharing</sharedBus></VirtualDevice>' +
      disk(2000, flat('u', ''), '<controllerKey>1000</controllerKey>'),
    provisioning: 'thick',
    leftOut: 'shared-bus',
  },
  {
    name: 'a disk on a bus of its own',
    devices:
      '<VirtualDevice xsi:type="ParaVirtualSCSIController"><key>1000</key><sharedBus>noSharing</sharedBus></VirtualDevice>' +
      disk(2000, flat('u', ''), '<controllerKey>1000</controllerKey>'),
    provisioning: 'thick',
    leftOut: null,
  },
])('$name', ({ devices, provisioning, leftOut }) => {
  expect(described(devices)?.disks).toMatchObject([{ provisioning_type: provisioning, left_out: leftOut }])
})

test('a disk without a UUID is known by the bottom of its chain', () => {
  const backing =
    '<backing xsi:type="VirtualDiskSparseVer2BackingInfo"><fileName>[ds] a/a-000001.vmdk</fileName><diskMode>persistent</diskMode>' +
    '<parent><fileName>[ds] a/a.vmdk</fileName></parent></backing>'
  expect(described(disk(2000, backing))?.disks[0]).toMatchObject({
    backing_uuid: 'path:[ds] a/a.vmdk',
    path: '[ds] a/a-000001.vmdk',
  })
})

test('a distributed port group is named, and by its key where the name is not known', () => {
  const port = (key: string): string =>
    `<backing xsi:type="VirtualEthernetCardDistributedVirtualPortBackingInfo"><port><switchUuid>s</switchUuid><portgroupKey>${key}</portgroupKey></port></backing>`
  const vm = described(
    card('VirtualVmxnet3', port('dvportgroup-7')) + card('VirtualVmxnet3', port('dvportgroup-8')),
  )
  expect(
    vm?.networks.map(({ network_name, type, adapter_type }) => [network_name, type, adapter_type]),
  ).toEqual([
    ['Blue net', 'distributed', 'vmxnet3'],
    ['dvportgroup-8', 'distributed', 'vmxnet3'],
  ])
})

test.each([
  ['windows9Server64Guest', 'windows'],
  ['winNetEnterpriseGuest', 'windows'],
  ['other5xLinux64Guest', 'linux'],
  ['otherLinux64Guest', 'linux'],
  ['debian12_64Guest', 'linux'],
  ['freebsd13_64Guest', 'freebsd13_64Guest'],
])('guest id %s is %s', (guestId, expected) => {
  expect(described('', { 'config.guestId': guestId })?.guest_os).toBe(expected)
})

test('templates and VMs without an identity are left out', () => {
  expect(described('', { 'config.template': 'true' })).toBeUndefined()
  expect(described('', { 'config.instanceUuid': '' })).toBeUndefined()
})

test('of a name only what vSphere escapes is decoded', () => {
  expect(plainName('50%25 a%2Fb%5cc %41 100%')).toBe('50% a/b\\c %41 100%')
})
