import { useQuery } from '@tanstack/react-query'
import { Button } from 'flowbite-react'
import { useState } from 'react'
import { createRepository } from '../../../api/contract/repositories.js'
import type { Repository } from '../../../domain/repository.js'
import { useMayCall } from '../../lib/role.js'
import { EmptyNote } from '../../ui/empty-note.js'
import { PageHeader } from '../../ui/page-header.js'
import { QueryStates } from '../../ui/query-states.js'
import { AddRepositoryDialog } from './add-repository-dialog.js'
import { repositoriesQuery } from './repositories-query.js'
import { RepositoryTable } from './repository-table.js'
import { RescanDialog } from './rescan-dialog.js'

type Open = { kind: 'add' } | { kind: 'rescan'; repository: Repository }

export const RepositoriesPage = () => {
  const repositories = useQuery(repositoriesQuery())
  const [open, setOpen] = useState<Open>()
  const mayAdd = useMayCall(createRepository)
  const close = () => setOpen(undefined)
  return (
    <>
      <PageHeader title="Repositories" hint="The places where backups live.">
        <Button color="blue" disabled={!mayAdd} onClick={() => setOpen({ kind: 'add' })}>
          Add repository
        </Button>
      </PageHeader>
      <QueryStates
        asked={repositories}
        loading="Loading repositories"
        isEmpty={(list) => list.repositories.length === 0}
        empty={<EmptyNote title="No repository yet">Add a directory that backups can go to.</EmptyNote>}
      >
        {(list) => (
          <RepositoryTable
            repositories={list.repositories}
            onRescan={(repository) => setOpen({ kind: 'rescan', repository })}
          />
        )}
      </QueryStates>
      {open?.kind === 'add' && <AddRepositoryDialog onClose={close} />}
      {open?.kind === 'rescan' && <RescanDialog repository={open.repository} onClose={close} />}
    </>
  )
}
