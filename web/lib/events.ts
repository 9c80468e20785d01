import type { QueryClient } from '@tanstack/react-query'
import { getBackup } from '../../api/contract/backups.js'
import type { EventTopic } from '../../api/contract/events.js'
import {
  BackupEvent,
  BackupGoneEvent,
  eventTopics,
  ExecutionEvent,
  streamEvents,
} from '../../api/contract/events.js'
import { urlOf } from './api.js'
import { askSoon, forgetSoon } from './ask-soon.js'
import { askAgainFor, keyOf } from './query.js'
import { slowlyStaleAfter, staleAfter } from './stale-after.js'
import { takeBackup } from './take-backup.js'
import { takeExecution } from './take-execution.js'

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
  const run = topic === 'executions' ? ExecutionEvent.safeParse(body) : undefined
  if (run?.success) return takeExecution(client, run.data)
  const gone = BackupGoneEvent.safeParse(body)
  if (topic === 'backups' && gone.success)
    client.removeQueries({ queryKey: keyOf(getBackup, { params: { id: gone.data.id } }), exact: true })
  askAgainFor(client, staleAfter[topic])
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
