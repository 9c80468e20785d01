import {
  ArrowPathIcon,
  CheckCircleIcon,
  CircleStackIcon,
  ComputerDesktopIcon,
  ServerStackIcon,
  XCircleIcon,
} from '@heroicons/react/24/outline'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { PageHeader } from '../../ui/page-header.js'
import { TotalCard } from './total-card.js'
import { backupTotalQuery, platformTotalQuery, repositoryTotalQuery, vmTotalQuery } from './totals-query.js'

/** The numbers of the house; `children` below them come from other features. */
export const DashboardPage = ({ children }: { children: ReactNode }) => {
  const vms = useQuery(vmTotalQuery())
  const running = useQuery(backupTotalQuery('running'))
  const completed = useQuery(backupTotalQuery('completed'))
  const failed = useQuery(backupTotalQuery('failed'))
  const platforms = useQuery(platformTotalQuery())
  const repositories = useQuery(repositoryTotalQuery())
  return (
    <>
      <PageHeader title="Dashboard" hint="What is under protection, and how its backups went." />
      <ul className="grid grid-cols-2 gap-4 2xl:grid-cols-3">
        <TotalCard name="VMs under protection" to="/vms" icon={ComputerDesktopIcon} total={vms} />
        <TotalCard name="Backups running" to="/backups?status=running" icon={ArrowPathIcon} total={running} />
        <TotalCard
          name="Backups completed"
          to="/backups?status=completed"
          icon={CheckCircleIcon}
          total={completed}
        />
        <TotalCard name="Backups failed" to="/backups?status=failed" icon={XCircleIcon} total={failed} />
        <TotalCard name="Platforms" to="/platforms" icon={ServerStackIcon} total={platforms} />
        <TotalCard name="Repositories" to="/repositories" icon={CircleStackIcon} total={repositories} />
      </ul>
      {children}
    </>
  )
}
