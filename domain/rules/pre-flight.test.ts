import type { DiscoveredDisk, DiscoveredVm } from '../vm.js'
import { decidePreFlight } from './pre-flight.js'

const disk = (label: string, left_out: DiscoveredDisk['left_out'] = null): DiscoveredDisk => ({
  id: `disk-${label}`,
  path: `[store] vm/${label}.vmdk`,
  size_gb: 1,
  capacity_bytes: 1 << 30,
  datastore: 'store',
  label,
  provisioning_type: 'thin',
  key: 2000,
  backing_uuid: `uuid-${label}`,
  disk_mode: 'persistent',
  left_out,
})

const vm = (disks: DiscoveredDisk[], more: Partial<DiscoveredVm> = {}): DiscoveredVm => ({
  id: 'u',
  name: 'pgtest1',
  path: '/DC/vm/pgtest1',
  datacenter: 'DC',
  num_cpu: 1,
  cpus: 1,
  memory_mb: 1024,
  power_state: 'poweredOn',
  guest_os: 'linux',
  vmx_version: 'vmx-19',
  disks,
  networks: [],
  reference: 'vm-1',
  firmware: 'bios',
  change_tracking: { supported: true, enabled: true },
  has_snapshots: false,
  consolidation_needed: false,
  host: 'esx-01',
  ...more,
})

const roomy = [{ name: 'store', capacityBytes: 100, freeBytes: 50 }]

test('takes the disks that a snapshot can hold and names the ones it leaves out', () => {
  const decided = decidePreFlight(vm([disk('a'), disk('b', 'rdm-physical')]), roomy, new Set())
  expect(decided).toMatchObject({
    kind: 'go',
    disks: [{ label: 'a' }],
    warnings: [expect.stringContaining('b of pgtest1 is left out')],
  })
})

test('does not warn of disks that the operator excluded', () => {
  const decided = decidePreFlight(vm([disk('a'), disk('b', 'independent')]), roomy, new Set(['uuid-b']))
  expect(decided).toMatchObject({ kind: 'go', warnings: [] })
})

test.each([
  { name: 'a VM without disks', subject: vm([]), stores: roomy, excluded: [], code: 'vm-no-disks' },
  {
    name: 'a VM with an RDM only',
    subject: vm([disk('a', 'rdm-physical')]),
    stores: roomy,
    excluded: [],
    code: 'vm-no-disks',
  },
  {
    name: 'all disks excluded',
    subject: vm([disk('a')]),
    stores: roomy,
    excluded: ['uuid-a'],
    code: 'vm-no-disks',
  },
  {
    name: 'consolidation needed',
    subject: vm([disk('a')], { consolidation_needed: true }),
    stores: roomy,
    excluded: [],
    code: 'vm-needs-consolidation',
  },
  {
    name: 'a datastore nearly full',
    subject: vm([disk('a')]),
    stores: [{ name: 'store', capacityBytes: 100, freeBytes: 4 }],
    excluded: [],
    code: 'datastore-low',
  },
])('refuses $name', ({ subject, stores, excluded, code }) => {
  const decided = decidePreFlight(subject, stores, new Set(excluded))
  expect(decided).toMatchObject({ kind: 'refused', code, reason: expect.stringContaining('pgtest1') })
})
