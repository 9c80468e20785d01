import { useState } from 'react'
import { Link } from 'react-router'
import type { BackupJob } from '../../../api/contract/backups.js'
import type { VmContextView } from '../../../api/contract/vm-contexts.js'
import type { AuditScope, Quiesce, RequestedBackupType } from '../../../domain/backup.js'
import type { Repository } from '../../../domain/repository.js'
import { ApiProblem } from '../../lib/api-problem.js'
import { DialogActions } from '../../ui/dialog-actions.js'
import { FailureNote } from '../../ui/failure-note.js'
import type { Choice } from '../../ui/select-field.js'
import { SelectField } from '../../ui/select-field.js'
import { auditScopes } from './audit-scopes.js'
import { ExcludeDisks } from './exclude-disks.js'
import { useStartBackup } from './use-start-backup.js'

const types: readonly Choice<RequestedBackupType>[] = [
  { value: 'auto', text: 'Automatic: incremental where it is possible' },
  { value: 'full', text: 'Full' },
  { value: 'incremental', text: 'Incremental' },
]
const quiesces: readonly Choice<Quiesce>[] = [
  { value: 'prefer', text: 'Prefer: go on without when the guest refuses' },
  { value: 'require', text: 'Require: fail when the guest refuses' },
  { value: 'never', text: 'Never: crash consistent' },
]

const audits: readonly Choice<AuditScope | 'none'>[] = [{ value: 'none', text: 'None' }, ...auditScopes]

export const StartBackupForm = ({
  vm,
  repositories,
  onClose,
  onStarted,
}: {
  vm: VmContextView
  repositories: readonly Repository[]
  onClose: () => void
  onStarted: (job: BackupJob) => void
}) => {
  const [repository, setRepository] = useState(String(repositories[0]?.id ?? ''))
  const [type, setType] = useState<RequestedBackupType>('auto')
  const [quiesce, setQuiesce] = useState<Quiesce>('prefer')
  const [audit, setAudit] = useState<AuditScope | 'none'>('none')
  const [excluded, setExcluded] = useState<readonly string[]>([])
  const start = useStartBackup()
  const possible = vm.disks.filter((disk) => disk.present && disk.left_out === null)
  const isNothingLeft = possible.length > 0 && possible.every((disk) => excluded.includes(disk.id))
  const submit = () =>
    start.mutate(
      {
        vm_context_id: vm.id,
        repository_id: Number(repository),
        backup_type: type,
        quiesce,
        exclude_disks: [...excluded],
        ...(audit === 'none' ? {} : { audit }),
      },
      { onSuccess: onStarted },
    )
  return (
    <form
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <SelectField
        label="Repository"
        value={repository}
        choices={repositories.map(({ id, name, path }) => ({ value: String(id), text: `${name} (${path})` }))}
        onChange={setRepository}
      />
      <SelectField label="Type" value={type} choices={types} onChange={setType} />
      <SelectField label="Quiesce the guest" value={quiesce} choices={quiesces} onChange={setQuiesce} />
      <SelectField
        label="Audit of change tracking"
        hint="Compares what change tracking claims with the disks themselves, before the point is committed."
        value={audit}
        choices={audits}
        onChange={setAudit}
      />
      <ExcludeDisks disks={vm.disks} excluded={excluded} onChange={setExcluded} />
      {isNothingLeft && (
        <p role="alert" className="text-sm text-yellow-300">
          At least one disk must stay in the backup.
        </p>
      )}
      {start.error ? <StartFailure error={start.error} /> : null}
      <DialogActions
        submit="Start backup"
        isPending={start.isPending}
        isDisabled={isNothingLeft}
        onCancel={onClose}
      />
    </form>
  )
}

const StartFailure = ({ error }: { error: Error }) => (
  <FailureNote error={error}>
    {error instanceof ApiProblem && error.runningBackupId !== undefined && (
      <Link to={`/backups/${error.runningBackupId}`} className="underline">
        Show the backup that runs
      </Link>
    )}
  </FailureNote>
)
