import { Link } from 'react-router'
import type { BackupJob } from '../../../api/contract/backups.js'
import { barTone, isCleanupPending, percentDone } from '../../lib/progress.js'
import { BackupStatusTag } from '../../ui/backup-status-tag.js'
import { BytesText } from '../../ui/bytes-text.js'
import type { Column } from '../../ui/data-table.js'
import { DataTable } from '../../ui/data-table.js'
import { InsecureTag } from '../../ui/insecure-tag.js'
import { ProgressBar } from '../../ui/progress-bar.js'
import { StatusTag } from '../../ui/status-tag.js'
import { TimeText } from '../../ui/time-text.js'

export const BackupTable = ({
  jobs,
  repositoryName,
}: {
  jobs: readonly BackupJob[]
  repositoryName: (id: string) => string
}) => {
  const columns: readonly Column<BackupJob>[] = [
    {
      header: 'VM',
      cell: (job) => (
        <div className="min-w-24 space-y-1">
          <Link
            to={`/backups/${job.id}`}
            className="font-medium [overflow-wrap:anywhere] text-white hover:underline"
          >
            {job.vm_name}
            <span className="sr-only">, details of backup {job.id}</span>
          </Link>
          <div className="empty:hidden">
            <InsecureTag of={job} />
          </div>
        </div>
      ),
    },
    { header: 'Type', cell: (job) => <span title={job.type_reason ?? undefined}>{job.backup_type}</span> },
    { header: 'Repository', cell: (job) => repositoryName(job.repository_id), isSecondary: true },
    { header: 'Status', cell: (job) => <StatusCell job={job} /> },
    {
      header: 'Progress',
      cell: (job) => (
        <ProgressBar
          label={`Progress of ${job.vm_name}`}
          percent={percentDone(job)}
          tone={barTone(job.status)}
        />
      ),
    },
    { header: 'Started', cell: (job) => <TimeText iso={job.started_at ?? job.created_at} /> },
    {
      header: 'Size',
      cell: (job) => <BytesText bytes={job.total_bytes} />,
      isNumeric: true,
      isSecondary: true,
    },
  ]
  return <DataTable caption="Backups, newest first" columns={columns} rows={jobs} rowKey={(job) => job.id} />
}

/** The status, why it failed in short, and whether something is left behind; the details say more. */
const StatusCell = ({ job }: { job: BackupJob }) => (
  <div className="space-y-1">
    <BackupStatusTag status={job.status} />
    {isCleanupPending(job) && <StatusTag tone="waiting">clean-up pending</StatusTag>}
    {job.error_message !== undefined && (
      <p className="line-clamp-2 max-w-xs min-w-32 text-xs text-red-300" title={job.error_message}>
        {job.error_message}
      </p>
    )}
  </div>
)
