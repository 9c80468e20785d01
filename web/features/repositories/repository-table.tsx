import { Button } from 'flowbite-react'
import { rescanRepository } from '../../../api/contract/repositories.js'
import type { Repository } from '../../../domain/repository.js'
import { useMayCall } from '../../lib/role.js'
import type { Column } from '../../ui/data-table.js'
import { DataTable } from '../../ui/data-table.js'
import { FlowsCell } from './flows-cell.js'
import { RepositorySwitch } from './repository-switch.js'
import { StorageCell } from './storage-cell.js'

export const RepositoryTable = ({
  repositories,
  onRescan,
}: {
  repositories: readonly Repository[]
  onRescan: (repository: Repository) => void
}) => {
  const mayRescan = useMayCall(rescanRepository)
  const columns: readonly Column<Repository>[] = [
    { header: 'Name', cell: ({ name }) => <span className="font-medium text-white">{name}</span> },
    { header: 'Type', cell: ({ repository_type: type }) => type, isSecondary: true },
    {
      header: 'Path',
      cell: ({ path }) => <span className="block min-w-32 [overflow-wrap:anywhere]">{path}</span>,
    },
    { header: 'Room', cell: ({ id, name }) => <StorageCell id={id} name={name} /> },
    { header: 'Flows', cell: ({ id }) => <FlowsCell repositoryId={id} /> },
    { header: 'Enabled', cell: (repository) => <RepositorySwitch repository={repository} /> },
    {
      header: 'Actions',
      cell: (repository) => (
        <Button
          size="xs"
          color="alternative"
          aria-label={`Rescan ${repository.name}`}
          disabled={!mayRescan}
          onClick={() => onRescan(repository)}
        >
          Rescan
        </Button>
      ),
    },
  ]
  return (
    <DataTable
      caption="Repositories"
      columns={columns}
      rows={repositories}
      rowKey={(repository) => String(repository.id)}
    />
  )
}
