import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { EmptyNote } from '../../ui/empty-note.js'
import { QueryStates } from '../../ui/query-states.js'
import { Section } from '../../ui/section.js'
import { StatusTag } from '../../ui/status-tag.js'
import { repositoriesQuery } from './repositories-query.js'
import { StorageCell } from './storage-cell.js'

/** How full each repository is. */
export const RepositoriesRoom = () => {
  const repositories = useQuery(repositoriesQuery())
  return (
    <Section title="Room in repositories">
      <QueryStates
        asked={repositories}
        loading="Loading repositories"
        skeletonLines={2}
        isEmpty={(list) => list.repositories.length === 0}
        empty={
          <EmptyNote title="No repository yet">
            <Link to="/repositories" className="text-blue-400 underline">
              Add a directory that backups can go to
            </Link>
          </EmptyNote>
        }
      >
        {(list) => (
          <ul className="grid gap-4 md:grid-cols-2 2xl:grid-cols-3">
            {list.repositories.map(({ id, name, enabled }) => (
              <li key={id} className="rounded-lg border border-gray-700 bg-gray-800 p-4 text-gray-400">
                <p className="mb-2 flex flex-wrap items-center justify-between gap-2 text-sm">
                  <Link to="/repositories" className="font-medium text-white hover:underline">
                    {name}
                  </Link>
                  {!enabled && <StatusTag tone="stopped">disabled</StatusTag>}
                </p>
                <StorageCell id={id} name={name} />
              </li>
            ))}
          </ul>
        )}
      </QueryStates>
    </Section>
  )
}
