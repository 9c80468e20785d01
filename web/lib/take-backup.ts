import type { QueryClient } from '@tanstack/react-query'
import type { BackupDetails, BackupJob, BackupList } from '../../api/contract/backups.js'
import { getBackup, listBackups } from '../../api/contract/backups.js'
import type { ExecutionDetails } from '../../api/contract/executions.js'
import { getExecution } from '../../api/contract/executions.js'
import { askAgainFor, keyOf } from './query.js'
import { staleAfter } from './stale-after.js'

interface Pages {
  readonly pages: readonly BackupList[]
}

/** Puts a backup as an event has it into the lists, its own page and its execution's. */
export const takeBackup = (client: QueryClient, job: BackupJob): void => {
  const known = knownJob(client, job.id)
  client.setQueriesData<Pages>(
    { queryKey: [listBackups.name, 'pages'] },
    (list) => list && { ...list, pages: list.pages.map((page) => withJob(page, job)) },
  )
  const detailsKey = keyOf(getBackup, { params: { id: job.id } })
  client.setQueryData<BackupDetails>(
    detailsKey,
    (details) => details && { ...details, ...job, progress: job.progress ?? details.progress },
  )
  takeJobOfExecution(client, job)
  if (known !== undefined && isSamePoint(known, job)) return
  // A new status moves the job between filters and counts, and brings steps and disks that the event lacks.
  askAgainFor(client, staleAfter.backups)
  void client.invalidateQueries({ queryKey: detailsKey })
}

/** An execution's page shows its jobs; one that it does not know yet makes it ask again. */
const takeJobOfExecution = (client: QueryClient, job: BackupJob): void => {
  if (job.execution_id === null) return
  const key = keyOf(getExecution, { params: { id: job.execution_id } })
  const details = client.getQueryData<ExecutionDetails>(key)
  if (details === undefined) return
  const known = details.jobs.find(({ id }) => id === job.id)
  client.setQueryData<ExecutionDetails>(key, {
    ...details,
    jobs: details.jobs.map((each) => (each.id === job.id ? job : each)),
  })
  if (known?.status !== job.status) void client.invalidateQueries({ queryKey: key })
}

const withJob = (page: BackupList, job: BackupJob): BackupList => ({
  ...page,
  backups: page.backups.map((each) => (each.id === job.id ? job : each)),
})

/** Whether nothing but numbers moved. What a verification or an audit found is shown in the chain, too. */
const isSamePoint = (known: BackupJob, job: BackupJob): boolean =>
  known.status === job.status && known.verified_at === job.verified_at && known.audited_at === job.audited_at

const knownJob = (client: QueryClient, id: string): BackupJob | undefined => {
  const details = client.getQueryData<BackupDetails>(keyOf(getBackup, { params: { id } }))
  if (details) return details
  for (const [, list] of client.getQueriesData<Pages>({ queryKey: [listBackups.name, 'pages'] }))
    for (const page of list?.pages ?? []) {
      const job = page.backups.find((each) => each.id === id)
      if (job) return job
    }
  return undefined
}
