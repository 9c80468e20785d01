import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useSearchParams } from 'react-router'
import type { BackupJob } from '../../../api/contract/backups.js'
import { backupStatuses } from '../../../domain/backup.js'
import { EmptyNote } from '../../ui/empty-note.js'
import { LoadMore } from '../../ui/load-more.js'
import { PageHeader } from '../../ui/page-header.js'
import { QueryStates } from '../../ui/query-states.js'
import { SelectField } from '../../ui/select-field.js'
import { BackupTable } from './backup-table.js'
import { backupsQuery } from './backups-query.js'
import { repositoryChoicesQuery } from './repository-choices-query.js'
import { repositoryNames } from './repository-names.js'

const choices = [
  { value: '', text: 'All' },
  ...backupStatuses.map((status) => ({ value: status as string, text: status as string })),
]

export const BackupsPage = () => {
  const [search, setSearch] = useSearchParams()
  const status = backupStatuses.find((each) => each === search.get('status'))
  return (
    <>
      <PageHeader title="Backups" hint="Newest first; what runs moves by itself.">
        <SelectField
          label="Status"
          value={status ?? ''}
          choices={choices}
          onChange={(chosen) => setSearch(chosen === '' ? {} : { status: chosen })}
        />
      </PageHeader>
      <BackupsList key={status ?? 'all'} status={status} />
    </>
  )
}

const BackupsList = ({ status }: { status: BackupJob['status'] | undefined }) => {
  const list = useInfiniteQuery(backupsQuery(status === undefined ? {} : { status }))
  const repositories = useQuery(repositoryChoicesQuery())
  return (
    <QueryStates
      asked={list}
      loading="Loading backups"
      isEmpty={({ pages }) => pages.every((page) => page.backups.length === 0)}
      empty={
        <EmptyNote title={status === undefined ? 'No backups yet' : `No backup is ${status}`}>
          Start one from the table of virtual machines.
        </EmptyNote>
      }
    >
      {({ pages }) => {
        const jobs = pages.flatMap((page) => page.backups)
        const first = pages[0]
        return (
          <>
            <BackupTable jobs={jobs} repositoryName={repositoryNames(repositories.data)} />
            <LoadMore
              shown={jobs.length}
              total={`${(first?.total ?? 0).toLocaleString('en')}${first?.total_is_capped ? ' or more' : ''}`}
              hasMore={list.hasNextPage}
              isLoading={list.isFetchingNextPage}
              onMore={() => void list.fetchNextPage()}
            />
          </>
        )
      }}
    </QueryStates>
  )
}
