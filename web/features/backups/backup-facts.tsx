import type { BackupDetails } from '../../../api/contract/backups.js'
import { isActive } from '../../lib/progress.js'
import { FactColumns } from '../../ui/facts.js'
import { StatusTag } from '../../ui/status-tag.js'
import { TimeText } from '../../ui/time-text.js'
import { WorkflowLink } from '../../ui/workflow-link.js'

export const BackupFacts = ({ backup }: { backup: BackupDetails }) => (
  <FactColumns
    left={[
      ['Type', `${backup.backup_type} (asked for: ${backup.requested_type})`],
      ['Why this type', backup.type_reason ?? '–'],
      ['Consistency', `${backup.consistency ?? unknownYet(backup)} (quiesce: ${backup.quiesce})`],
      ['Transport', backup.transport ?? '–'],
      ['Manifest', manifestOf(backup)],
      ['Verified', <Verification key="verified" backup={backup} />],
      ['Audit', <Audit key="audit" backup={backup} />],
    ]}
    right={[
      ['Asked by', backup.created_by],
      ['Asked at', <TimeText key="asked" iso={backup.created_at} hasZone />],
      ['Started', <TimeText key="started" iso={backup.started_at} hasZone />],
      ['Ended', <TimeText key="ended" iso={backup.completed_at} hasZone />],
      ['Workflow', <WorkflowLink key="workflow" of={backup} />],
    ]}
  />
)

/** Over without a point: nothing more will be known of it. */
const isLost = ({ status }: BackupDetails): boolean => status === 'failed' || status === 'cancelled'

const unknownYet = (backup: BackupDetails): string => (isLost(backup) ? 'not reached' : 'not known yet')

const manifestOf = (backup: BackupDetails): string => {
  if (backup.file_path !== '') return backup.file_path
  return isLost(backup)
    ? `none: the backup ${backup.status === 'failed' ? 'failed' : 'was cancelled'}`
    : 'when the point stands'
}

const Verification = ({ backup }: { backup: BackupDetails }) => {
  if (backup.verified_at === null)
    return <span className="text-gray-400">{isLost(backup) ? '–' : 'not yet'}</span>
  const isGood = backup.verify_result === 'good'
  return (
    <span className="flex flex-wrap items-center gap-2">
      <StatusTag tone={isGood ? 'good' : 'bad'}>{backup.verify_result ?? 'could not be verified'}</StatusTag>
      <TimeText iso={backup.verified_at} />
      {backup.verify_detail !== null && <span className="block w-full">{backup.verify_detail}</span>}
    </span>
  )
}

const Audit = ({ backup }: { backup: BackupDetails }) => {
  const { audit_scope: scope, audit_result: result } = backup
  if (scope === null) return <span className="text-gray-400">not asked for</span>
  if (backup.audited_at === null)
    return `${scopeText(scope)} asked for; ${isActive(backup.status) ? 'it begins when all is copied' : 'the backup ended without it'}`
  return (
    <span className="flex flex-wrap items-center gap-2">
      {result === null ? (
        <StatusTag tone="neutral">no result</StatusTag>
      ) : (
        <StatusTag tone={result === 'agrees' ? 'good' : 'warning'}>{result}</StatusTag>
      )}
      <span>{scopeText(scope)} read</span>
      <TimeText iso={backup.audited_at} />
      {/* Each disk tells its own below. */}
      {backup.audit_detail !== null && backup.disks.every((disk) => disk.audit_detail === null) && (
        <span className="block w-full">{backup.audit_detail}</span>
      )}
    </span>
  )
}

const scopeText = (scope: 'sample' | 'all'): string => (scope === 'sample' ? 'a sample' : 'all of it')
