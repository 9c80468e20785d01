import type { RepositoryList } from '../../../api/contract/repositories.js'

/** Names of repositories by the id that a backup carries; the id itself while the list is not there. */
export const repositoryNames =
  (list: RepositoryList | undefined) =>
  (id: string): string =>
    list?.repositories.find((repository) => String(repository.id) === id)?.name ?? `repository ${id}`
