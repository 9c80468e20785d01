import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { EmptyNote } from '../../ui/empty-note.js'
import { QueryStates } from '../../ui/query-states.js'
import { Section } from '../../ui/section.js'
import { BackupTable } from './backup-table.js'
import { backupsQuery } from './backups-query.js'
import { repositoryChoicesQuery } from './repository-choices-query.js'
import { repositoryNames } from './repository-names.js'

/** The newest backups, those that run with their progress. */
export const LatestBackups = () => {
  const list = useInfiniteQuery(backupsQuery({ limit: 5 }))
  const repositories = useQuery(repositoryChoicesQuery())
  return (
    <Section title="Latest backups">
      <QueryStates
        asked={list}
        loading="Loading the latest backups"
        isEmpty={({ pages }) => pages.every((page) => page.backups.length === 0)}
        empty={<EmptyNote title="No backups yet">Start one from the table of virtual machines.</EmptyNote>}
      >
        {({ pages }) => (
          <BackupTable
            jobs={pages.flatMap((page) => page.backups)}
            repositoryName={repositoryNames(repositories.data)}
          />
        )}
      </QueryStates>
    </Section>
  )
}
