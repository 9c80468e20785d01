import { ClockIcon, ExclamationTriangleIcon, PauseCircleIcon, XCircleIcon } from '@heroicons/react/24/outline'
import type { BackupDetails } from '../../../api/contract/backups.js'
import { isInsecure } from '../../lib/insecure.js'
import { isCleanupPending } from '../../lib/progress.js'
import { InsecureWarning } from '../../ui/insecure-warning.js'

/** What a run waits for in the states in which its bar stands still. */
const waiting: Partial<Record<BackupDetails['status'], string>> = {
  pending: 'Waiting for a worker to begin.',
  paused:
    'Paused: nothing is copied. The snapshot is kept for a limited time and while its datastore has room; if it has to go, resuming begins anew. Nothing else can back up this VM meanwhile.',
  cancelling:
    'The copy has been told to stop. The backup is cancelled once its snapshot and its files are removed; the steps below show how far that is.',
}

/** Why it failed and what to do, what it waits for and what it warns of. */
export const BackupNotes = ({ backup }: { backup: BackupDetails }) => (
  <div className="mb-4 space-y-3 empty:hidden">
    {backup.error_message !== undefined && (
      <div role="alert" className="rounded-lg border border-red-700 bg-red-950/40 p-4 text-sm text-red-200">
        <p className="flex items-start gap-2 font-medium">
          <XCircleIcon aria-hidden="true" className="h-5 w-5 shrink-0" />
          <span className="min-w-0 break-words">{backup.error_message}</span>
        </p>
        {backup.error_remedy !== null && (
          <p className="mt-2 pl-7 text-red-100">What to do: {backup.error_remedy}</p>
        )}
        {backup.error_code !== null && <p className="mt-1 pl-7 text-xs">Code: {backup.error_code}</p>}
      </div>
    )}
    {isInsecure(backup) && <InsecureWarning />}
    <Waiting backup={backup} />
    {backup.warnings.length > 0 && (
      <ul aria-label="Warnings" className="space-y-2">
        {backup.warnings.map((warning) => (
          <Warning key={warning} text={warning} />
        ))}
      </ul>
    )}
    {isCleanupPending(backup) && (
      <ul aria-label="Clean-up">
        <Warning text="The clean-up is pending: what this run left behind (snapshot, partial files) is removed as soon as the platform and the repository can be reached." />
      </ul>
    )}
  </div>
)

const Waiting = ({ backup: { status, pause_reason: reason } }: { backup: BackupDetails }) => {
  const Icon = status === 'paused' ? PauseCircleIcon : ClockIcon
  if (waiting[status] === undefined) return null
  return (
    <p
      role="status"
      className="flex items-start gap-2 rounded-lg border border-gray-600 bg-gray-800 p-3 text-sm text-gray-200"
    >
      <Icon aria-hidden="true" className="h-5 w-5 shrink-0" />
      <span className="min-w-0">
        {reason !== null && <strong className="block break-words">{reason}</strong>}
        {waiting[status]}
      </span>
    </p>
  )
}

const Warning = ({ text }: { text: string }) => (
  <li className="flex items-start gap-2 rounded-lg border border-yellow-700 bg-yellow-950/40 p-3 text-sm text-yellow-200">
    <ExclamationTriangleIcon aria-hidden="true" className="h-5 w-5 shrink-0" />
    <span className="min-w-0 break-words">{text}</span>
  </li>
)
