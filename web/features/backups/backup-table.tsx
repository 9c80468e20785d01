import { Link } from 'react-router'
import type { BackupJob } from '../../../api/contract/backups.js'
import { percentDone } from '../../lib/progress.js'
import { BackupStatusTag } from '../../ui/backup-status-tag.js'
import { BytesText } from '../../ui/bytes-text.js'
import type { Column } from '../../ui/data-table.js'
import { DataTable } from '../../ui/data-table.js'
import { ProgressBar } from '../../ui/progress-bar.js'
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
        <Link to={`/backups/${job.id}`} className="font-medium text-white hover:underline">
          {job.vm_name}
          <span className="sr-only">, details of backup {job.id}</span>
        </Link>
      ),
    },
    { header: 'Type', cell: (job) => <span title={job.type_reason ?? undefined}>{job.backup_type}</span> },
    { header: 'Repository', cell: (job) => repositoryName(job.repository_id), isSecondary: true },
    { header: 'Status', cell: (job) => <BackupStatusTag status={job.status} /> },
    {
      header: 'Progress',
      cell: (job) => (
        <ProgressBar
          label={`Progress of ${job.vm_name}`}
          percent={percentDone(job)}
          isFailed={job.status === 'failed'}
        />
      ),
    },
    { header: 'Started', cell: (job) => <TimeText iso={job.started_at ?? job.created_at} /> },
    { header: 'Size', cell: (job) => <BytesText bytes={job.total_bytes} />, isNumeric: true },
  ]
  return <DataTable caption="Backups, newest first" columns={columns} rows={jobs} rowKey={(job) => job.id} />
}
