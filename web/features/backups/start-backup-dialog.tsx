import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import type { BackupJob } from '../../../api/contract/backups.js'
import type { VmContextView } from '../../../api/contract/vm-contexts.js'
import { isInsecure } from '../../lib/insecure.js'
import { Dialog } from '../../ui/dialog.js'
import { EmptyNote } from '../../ui/empty-note.js'
import { InsecureWarning } from '../../ui/insecure-warning.js'
import { QueryStates } from '../../ui/query-states.js'
import { repositoryChoicesQuery } from './repository-choices-query.js'
import { StartBackupForm } from './start-backup-form.js'

/** Asks how to back up one VM and starts it. */
export const StartBackupDialog = ({
  vm,
  onClose,
  onStarted,
}: {
  vm: VmContextView
  onClose: () => void
  onStarted: (job: BackupJob) => void
}) => {
  const repositories = useQuery(repositoryChoicesQuery())
  return (
    <Dialog title={`Back up ${vm.vm_name}`} onClose={onClose}>
      {isInsecure(vm) && (
        <div className="mb-4">
          <InsecureWarning />
        </div>
      )}
      <QueryStates
        asked={repositories}
        loading="Loading repositories"
        isEmpty={(list) => list.repositories.every((repository) => !repository.enabled)}
        empty={
          <EmptyNote title="There is no repository to back up to">
            <Link to="/repositories" className="text-blue-400 underline" onClick={onClose}>
              Add a repository
            </Link>{' '}
            first.
          </EmptyNote>
        }
      >
        {(list) => (
          <StartBackupForm
            vm={vm}
            repositories={list.repositories.filter((repository) => repository.enabled)}
            onClose={onClose}
            onStarted={onStarted}
          />
        )}
      </QueryStates>
    </Dialog>
  )
}
