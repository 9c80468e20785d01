import { Button } from 'flowbite-react'
import { discover } from '../../../api/contract/discover.js'
import type { PlatformView } from '../../../api/contract/platforms.js'
import { testPlatform } from '../../../api/contract/platforms.js'
import { useMayCall } from '../../lib/role.js'
import type { Column } from '../../ui/data-table.js'
import { DataTable } from '../../ui/data-table.js'
import { TlsTag } from './tls-tag.js'

export const PlatformTable = ({
  platforms,
  onTest,
  onDiscover,
}: {
  platforms: readonly PlatformView[]
  onTest: (platform: PlatformView) => void
  onDiscover: (platform: PlatformView) => void
}) => {
  const mayTest = useMayCall(testPlatform)
  const mayDiscover = useMayCall(discover)
  const columns: readonly Column<PlatformView>[] = [
    { header: 'Name', cell: (platform) => <span className="font-medium text-white">{platform.name}</span> },
    { header: 'Kind', cell: (platform) => platform.kind, isSecondary: true },
    { header: 'Host', cell: (platform) => platform.host },
    { header: 'User', cell: (platform) => platform.username, isSecondary: true },
    { header: 'Datacenter', cell: (platform) => platform.datacenter ?? 'all', isSecondary: true },
    { header: 'Certificate', cell: (platform) => <TlsTag mode={platform.tls.mode} /> },
    { header: 'Transport', cell: (platform) => platform.transport, isSecondary: true },
    {
      header: 'Actions',
      cell: (platform) => (
        <div className="flex flex-wrap gap-2">
          <Button
            size="xs"
            color="alternative"
            aria-label={`Test ${platform.name}`}
            disabled={!mayTest}
            onClick={() => onTest(platform)}
          >
            Test
          </Button>
          <Button
            size="xs"
            color="blue"
            className="whitespace-nowrap"
            aria-label={`Discover VMs of ${platform.name}`}
            disabled={!mayDiscover}
            onClick={() => onDiscover(platform)}
          >
            Discover VMs
          </Button>
        </div>
      ),
    },
  ]
  return (
    <DataTable caption="Platforms" columns={columns} rows={platforms} rowKey={(platform) => platform.id} />
  )
}
