import type { QueryClient } from '@tanstack/react-query'
import type { BackupDetails, BackupJob, BackupList } from '../../api/contract/backups.js'
import { getBackup, listBackups } from '../../api/contract/backups.js'
import type { EventTopic } from '../../api/contract/events.js'
import { BackupEvent, BackupGoneEvent, eventTopics, streamEvents } from '../../api/contract/events.js'
import type { Operation } from '../../api/contract/operation.js'
import { urlOf } from './api.js'
import { askSoon, forgetSoon } from './ask-soon.js'
import { keyOf } from './query.js'
import { slowlyStaleAfter, staleAfter } from './stale-after.js'

const reopenAfterMs = 3000

/**
 * Keeps the query caches true from one event stream; answers with the function that closes it. `onLive` hears
 * whether the stream stands.
 */
export const followEvents = (client: QueryClient, onLive: (isLive: boolean) => void): (() => void) => {
  let source: EventSource | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let hasStood = false
  const open = () => {
    source = new EventSource(urlOf(streamEvents, {}, { topics: eventTopics.join(',') }))
    source.addEventListener('open', () => {
      // What happened while the stream was down is not repeated by every server: ask again.
      if (hasStood) void client.invalidateQueries()
      hasStood = true
      onLive(true)
    })
    source.addEventListener('error', () => {
      onLive(false)
      // Browsers come back by themselves after a broken connection, but never after a refusal (401, 502, 503).
      if (source?.readyState !== EventSource.CLOSED) return
      // If the session ended, the next answer to any question says so.
      void client.invalidateQueries()
      timer = setTimeout(open, reopenAfterMs)
    })
    for (const topic of eventTopics)
      source.addEventListener(topic, (event: MessageEvent<string>) => takeEvent(client, topic, event.data))
    source.addEventListener('reset', () => void client.invalidateQueries())
  }
  open()
  return () => {
    clearTimeout(timer)
    forgetSoon(client)
    source?.close()
  }
}

/** Applies one event of a topic. Data that is not the contract's makes the page ask again instead. */
export const takeEvent = (client: QueryClient, topic: EventTopic, data: string): void => {
  const body = parseJson(data)
  for (const { name } of slowlyStaleAfter[topic]) askSoon(client, name)
  const job = topic === 'backups' ? BackupEvent.safeParse(body) : undefined
  if (job?.success) return takeBackup(client, job.data)
  const gone = BackupGoneEvent.safeParse(body)
  if (topic === 'backups' && gone.success)
    client.removeQueries({ queryKey: keyOf(getBackup, { params: { id: gone.data.id } }), exact: true })
  askAgain(client, staleAfter[topic])
}

const askAgain = (client: QueryClient, entries: readonly Operation[]): void => {
  for (const { name } of entries) void client.invalidateQueries({ queryKey: [name] })
}

interface Pages {
  readonly pages: readonly BackupList[]
}

const takeBackup = (client: QueryClient, job: BackupJob): void => {
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
  if (known !== undefined && isSamePoint(known, job)) return
  // A new status moves the job between filters and counts, and brings steps and disks that the event lacks.
  askAgain(client, staleAfter.backups)
  void client.invalidateQueries({ queryKey: detailsKey })
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

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
