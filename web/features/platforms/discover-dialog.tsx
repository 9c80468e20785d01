import { useEffect, useState } from 'react'
import type { PlatformView } from '../../../api/contract/platforms.js'
import { DialogActions } from '../../ui/dialog-actions.js'
import { Dialog } from '../../ui/dialog.js'
import { EmptyNote } from '../../ui/empty-note.js'
import { FailureNote } from '../../ui/failure-note.js'
import { InsecureWarning } from '../../ui/insecure-warning.js'
import { QueryStates } from '../../ui/query-states.js'
import { DiscoveredTable } from './discovered-table.js'
import { useDiscover } from './use-discover.js'
import { useProtectVms } from './use-protect-vms.js'

/** Discovers a platform's VMs and takes the chosen ones under protection. */
export const DiscoverDialog = ({
  platform,
  onClose,
  onProtected,
}: {
  platform: PlatformView
  onClose: () => void
  onProtected: () => void
}) => {
  const discovery = useDiscover(platform.id)
  const protect = useProtectVms()
  const [chosen, setChosen] = useState<readonly string[]>([])
  const { mutate } = discovery
  useEffect(() => mutate(), [mutate])
  return (
    <Dialog title={`VMs of ${platform.name}`} onClose={onClose} isWide>
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault()
          protect.mutate({ platform_id: platform.id, vm_ids: [...chosen] }, { onSuccess: onProtected })
        }}
      >
        {platform.tls.mode === 'insecure' && <InsecureWarning />}
        <QueryStates
          asked={{ data: discovery.data, error: discovery.error, refetch: () => discovery.mutate() }}
          loading={`Discovering the VMs of ${platform.host}`}
          isEmpty={(found) => found.vms.length === 0}
          empty={<EmptyNote title="The platform shows no VM to this user" />}
        >
          {(found) => <DiscoveredTable vms={found.vms} chosen={chosen} onChange={setChosen} />}
        </QueryStates>
        {protect.error ? <FailureNote error={protect.error} /> : null}
        <DialogActions
          submit="Protect selected"
          isPending={protect.isPending}
          isDisabled={chosen.length === 0}
          onCancel={onClose}
        />
      </form>
    </Dialog>
  )
}
