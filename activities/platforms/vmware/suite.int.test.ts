import { describePlatform } from '../testing/platform-suite.js'
import { startLabVcenter } from '../testing/lab-vcenter.js'
import { openVmware } from './connect.js'

describePlatform('vmware', async () => {
  const vcenter = await startLabVcenter()
  const { control } = vcenter
  const connection = await openVmware(vcenter.platform(), vcenter.password, {
    vddkLibDir: vcenter.scratchDir,
  })
  return {
    connection,
    names: { running: 'pgtest1', off: 'exchange-server', untracked: 'pgtest2', twins: 'twin' },
    write: (vm, key, offset, bytes) => control.write(vm.id, key, offset, bytes),
    read: (vm, key, offset, length) => control.read({ vm: vm.id, key, offset, length }),
    openReader: vcenter.openReader,
    async [Symbol.asyncDispose]() {
      await connection[Symbol.asyncDispose]()
      await vcenter[Symbol.asyncDispose]()
    },
  }
})
