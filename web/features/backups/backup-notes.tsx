import { ExclamationTriangleIcon, XCircleIcon } from '@heroicons/react/24/outline'
import type { BackupDetails } from '../../../api/contract/backups.js'
import { isInsecure } from '../../lib/insecure.js'
import { isCleanupPending } from '../../lib/progress.js'
import { InsecureWarning } from '../../ui/insecure-warning.js'
import { WaitingNote } from './waiting-note.js'

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
    <WaitingNote backup={backup} />
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

const Warning = ({ text }: { text: string }) => (
  <li className="flex items-start gap-2 rounded-lg border border-yellow-700 bg-yellow-950/40 p-3 text-sm text-yellow-200">
    <ExclamationTriangleIcon aria-hidden="true" className="h-5 w-5 shrink-0" />
    <span className="min-w-0 break-words">{text}</span>
  </li>
)
