import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import type { BackupDetails } from '../../../api/contract/backups.js'
import { BackupStatusTag } from '../../ui/backup-status-tag.js'
import { PageHeader } from '../../ui/page-header.js'
import { QueryStates } from '../../ui/query-states.js'
import { Section } from '../../ui/section.js'
import { BackupActions } from './backup-actions.js'
import { BackupChainTable } from './backup-chain-table.js'
import { BackupDisksTable } from './backup-disks-table.js'
import { BackupFacts } from './backup-facts.js'
import { BackupNotes } from './backup-notes.js'
import { BackupProgress } from './backup-progress.js'
import { backupQuery } from './backup-query.js'
import { BackupStepsTable } from './backup-steps-table.js'

export const BackupDetailsPage = ({ id, onDeleted }: { id: string; onDeleted: () => void }) => {
  const backup = useQuery(backupQuery(id))
  return (
    <>
      <p className="mb-2 text-sm">
        <Link to="/backups" className="text-blue-400 hover:underline">
          Backups
        </Link>
      </p>
      <QueryStates asked={backup} loading="Loading the backup">
        {(details) => <DetailsContent backup={details} onDeleted={onDeleted} />}
      </QueryStates>
    </>
  )
}

const DetailsContent = ({ backup, onDeleted }: { backup: BackupDetails; onDeleted: () => void }) => (
  <>
    <PageHeader title={`Backup of ${backup.vm_name}`} hint={backup.id}>
      <BackupStatusTag status={backup.status} />
      <BackupActions backup={backup} onDeleted={onDeleted} />
    </PageHeader>
    <BackupNotes backup={backup} />
    <BackupProgress backup={backup} />
    <Section title="About this backup">
      <BackupFacts backup={backup} />
    </Section>
    <Section title="Disks">
      <BackupDisksTable disks={backup.disks} />
    </Section>
    <Section title="Steps">
      <BackupStepsTable steps={backup.steps} />
    </Section>
    <Section title="Chain">
      <BackupChainTable backup={backup} />
    </Section>
  </>
)
