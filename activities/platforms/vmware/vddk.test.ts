import type { Snapshot } from '../platform.js'
import { endpointOf } from './endpoint.js'
import { vddkReader } from './vddk.js'

const snapshot: Snapshot = {
  token: 'sendense:inst:job',
  reference: 'snapshot-56',
  vmReference: 'vm-41',
  takenAt: '2026-01-01T00:00:00.000Z',
  consistency: 'crash',
  adopted: false,
  disks: [
    {
      key: 2000,
      backingUuid: 'u',
      capacityBytes: 1,
      path: "[vsan Datastore] O'Brien & Söhne/disk.vmdk",
      changeId: null,
    },
  ],
}

const read = (host: string, vddkLibDir?: string) =>
  vddkReader(
    {
      endpoint: endpointOf(host),
      username: 'administrator@vsphere.local',
      secret: 'hunter2',
      vddkLibDir,
      thumbprint: 'AB:CD',
    },
    snapshot,
    snapshot.disks[0]!,
  )

test('the production command line of nbdkit’s vddk plugin', () => {
  expect(read('vcenter.example.com', '/opt/vmware-vix-disklib-distrib')).toEqual({
    kind: 'nbdkit',
    transport: 'vddk',
    pluginArgs: [
      'vddk',
      'libdir=/opt/vmware-vix-disklib-distrib',
      'server=vcenter.example.com',
      'user=administrator@vsphere.local',
      'password=-3',
      'thumbprint=AB:CD',
      'vm=moref=vm-41',
      'snapshot=snapshot-56',
      'transports=nbdssl:nbd',
      "file=[vsan Datastore] O'Brien & Söhne/disk.vmdk",
    ],
    secrets: [{ fd: 3, value: 'hunter2' }],
  })
})

test('a named port travels apart from the server, and a library directory only where it is set', () => {
  const reader = read('127.0.0.1:8989')
  expect(reader).toMatchObject({
    pluginArgs: expect.arrayContaining(['server=127.0.0.1', 'port=8989']) as string[],
  })
  expect(JSON.stringify(reader)).not.toContain('libdir')
})

test('the password stands in no argument', () => {
  const reader = read('vcenter.example.com', '/lib')
  expect(reader.kind === 'nbdkit' && reader.pluginArgs.join(' ').includes('hunter2')).toBe(false)
})
