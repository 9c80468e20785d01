import { randomUUID } from 'node:crypto'
import { DiscoveredVm } from '../../../domain/vm.js'
import type { SuiteParts } from './platform-suite.js'

/** Finding and describing VMs. */
export const describeInventory = ({ subject, inventory, vmNamed }: SuiteParts): void => {
  test('every VM has every field of the discovery contract, and an identity of its own', async () => {
    const vms = await inventory().listVms()
    expect(vms.length).toBeGreaterThanOrEqual(4)
    for (const vm of vms) expect(DiscoveredVm.strict().parse(vm)).toEqual(vm)
    expect(new Set(vms.map((vm) => vm.id)).size).toBe(vms.length)
    expect(new Set(vms.map((vm) => vm.reference)).size).toBe(vms.length)
  })

  test('a filter takes the exact name only', async () => {
    const name = subject().names.running
    expect((await inventory().listVms({ name })).map((vm) => vm.name)).toEqual([name])
    expect(await inventory().listVms({ name: name.slice(0, -1) })).toEqual([])
    expect(await inventory().listVms({ name: `${name}x` })).toEqual([])
  })

  test('VMs of one name are told apart by their identity', async () => {
    const twins = await inventory().listVms({ name: subject().names.twins })
    expect(twins.length).toBeGreaterThanOrEqual(2)
    for (const twin of twins) expect(await inventory().vmById(twin.id)).toEqual(twin)
  })

  test('a datacenter that is not there is named in the failure', async () => {
    await expect(inventory().listVms({ datacenter: 'no-such-dc' })).rejects.toMatchObject({
      code: 'not-found',
      retry: false,
      message: expect.stringContaining('no-such-dc') as string,
    })
  })

  test('an identity that is not there is vm-not-found', async () => {
    const id = randomUUID()
    await expect(inventory().vmById(id)).rejects.toMatchObject({
      name: 'Failure',
      code: 'vm-not-found',
      retry: false,
      message: expect.stringContaining(id) as string,
    })
  })

  test('a VM’s path leads through its datacenter, it runs on a host, its disks lie on datastores with room', async () => {
    const vm = await vmNamed(subject().names.running)
    expect(vm.host).not.toBe('')
    expect(vm.path.startsWith(`/${vm.datacenter}/vm/`)).toBe(true)
    expect(vm.path.endsWith(`/${vm.name}`)).toBe(true)
    const stores = await inventory().datastoresOf(vm)
    expect(new Set(stores.map((store) => store.name))).toEqual(
      new Set(vm.disks.map((disk) => disk.datastore)),
    )
    for (const store of stores) {
      expect(store.freeBytes).toBeGreaterThan(0)
      expect(store.capacityBytes).toBeGreaterThanOrEqual(store.freeBytes)
    }
  })

  test('the check begins with certificate and login, all in order', async () => {
    const lines = await inventory().check()
    expect(lines.slice(0, 2).map((line) => line.name)).toEqual(['certificate', 'login'])
    expect(lines.filter((line) => !line.ok)).toEqual([])
  })
}
