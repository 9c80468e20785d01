import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { BackupDetails } from '../../../api/contract/backups.js'
import { useAskAgain } from '../../lib/ask-again.js'
import { isActive } from '../../lib/progress.js'
import { BackupStatusTag } from '../../ui/backup-status-tag.js'
import { InsecureTag } from '../../ui/insecure-tag.js'
import { PageHeader } from '../../ui/page-header.js'
import { QueryStates } from '../../ui/query-states.js'
import { Section } from '../../ui/section.js'
import { WayBack } from '../../ui/way-back.js'
import { BackupActions } from './backup-actions.js'
import { BackupChainSection } from './backup-chain.js'
import { BackupDisksTable } from './backup-disks-table.js'
import { BackupFacts } from './backup-facts.js'
import { BackupNotes } from './backup-notes.js'
import { BackupProgress } from './backup-progress.js'
import { backupQuery } from './backup-query.js'
import { StepsTable } from '../../ui/steps-table.js'

/** `onVm` hears whose backup it is, once that is known. */
export const BackupDetailsPage = ({
  id,
  onVm,
  onDeleted,
}: {
  id: string
  onVm: (vmContextId: string) => void
  onDeleted: () => void
}) => {
  const backup = useQuery(backupQuery(id))
  const vm = backup.data?.vm_context_id
  const isMoving = backup.data !== undefined && isActive(backup.data.status)
  // Steps and disks: events carry the numbers only.
  useAskAgain(isMoving, 3000, backup.refetch)
  useEffect(() => {
    if (vm !== undefined) onVm(vm)
  }, [vm, onVm])
  return (
    <>
      <WayBack to="/backups">Backups</WayBack>
      {backup.data === undefined && <PageHeader title="Backup" hint={id} />}
      <QueryStates asked={backup} loading="Loading the backup">
        {(details) => <DetailsContent backup={details} onDeleted={onDeleted} />}
      </QueryStates>
    </>
  )
}

const DetailsContent = ({ backup, onDeleted }: { backup: BackupDetails; onDeleted: () => void }) => (
  <>
    <PageHeader title={`Backup of ${backup.vm_name}`} hint={backup.id}>
      <InsecureTag of={backup} />
      <BackupStatusTag status={backup.status} />
      <BackupActions backup={backup} onDeleted={onDeleted} />
    </PageHeader>
    <BackupNotes backup={backup} />
    <BackupProgress backup={backup} />
    <Section title="About this backup">
      <BackupFacts backup={backup} />
    </Section>
    <Section title="Disks">
      <BackupDisksTable backup={backup} />
    </Section>
    <Section title="Chain">
      <BackupChainSection backup={backup} onDeleted={onDeleted} />
    </Section>
    <Section title="Steps">
      <StepsTable
        steps={backup.steps}
        isMoving={isActive(backup.status)}
        isCancelled={backup.status === 'cancelling' || backup.status === 'cancelled'}
      />
    </Section>
  </>
)
