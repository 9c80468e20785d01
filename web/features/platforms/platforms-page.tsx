import { useQuery } from '@tanstack/react-query'
import { Button } from 'flowbite-react'
import { useState } from 'react'
import type { PlatformView } from '../../../api/contract/platforms.js'
import { createPlatform } from '../../../api/contract/platforms.js'
import { useMayCall } from '../../lib/role.js'
import { EmptyNote } from '../../ui/empty-note.js'
import { PageHeader } from '../../ui/page-header.js'
import { QueryStates } from '../../ui/query-states.js'
import { AddPlatformDialog } from './add-platform-dialog.js'
import { DiscoverDialog } from './discover-dialog.js'
import { PlatformTable } from './platform-table.js'
import { platformsQuery } from './platforms-query.js'
import { TestPlatformDialog } from './test-platform-dialog.js'

type Open = { kind: 'add' } | { kind: 'test' | 'discover'; platform: PlatformView }

export const PlatformsPage = ({ onProtected }: { onProtected: () => void }) => {
  const platforms = useQuery(platformsQuery())
  const [open, setOpen] = useState<Open>()
  const mayAdd = useMayCall(createPlatform)
  const close = () => setOpen(undefined)
  return (
    <>
      <PageHeader title="Platforms" hint="The places where VMs live.">
        <Button color="blue" disabled={!mayAdd} onClick={() => setOpen({ kind: 'add' })}>
          Add platform
        </Button>
      </PageHeader>
      <QueryStates
        asked={platforms}
        loading="Loading platforms"
        isEmpty={(list) => list.platforms.length === 0}
        empty={<EmptyNote title="No platform yet">Add a vCenter to discover its VMs.</EmptyNote>}
      >
        {(list) => (
          <PlatformTable
            platforms={list.platforms}
            onTest={(platform) => setOpen({ kind: 'test', platform })}
            onDiscover={(platform) => setOpen({ kind: 'discover', platform })}
          />
        )}
      </QueryStates>
      {open?.kind === 'add' && <AddPlatformDialog onClose={close} />}
      {open?.kind === 'test' && <TestPlatformDialog platform={open.platform} onClose={close} />}
      {open?.kind === 'discover' && (
        <DiscoverDialog platform={open.platform} onClose={close} onProtected={onProtected} />
      )}
    </>
  )
}
