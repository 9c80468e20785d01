import { randomBytes } from 'node:crypto'
import type { BackupJob } from '../contract/backups.js'
import type { EventTopic } from '../contract/events.js'
import { newExecutionWatch } from './execution-watch.js'
import type { ExecutionReads } from './execution-watch.js'
import { newReplayBuffer } from './replay-buffer.js'
import type { StreamedEvent } from './replay-buffer.js'
import { newWatchedIds } from './watched-ids.js'

export interface Subscriber {
  readonly topics: ReadonlySet<EventTopic>
  readonly sessionToken: string | null
  readonly userId: string
  send(event: StreamedEvent): void
  close(): void
}

/** One for each process: asks the database once a second for all clients together. */
export interface EventHub {
  subscribe(subscriber: Subscriber): () => void
  /** Events after the id that the client saw last; null: unknown, it must ask for everything again. */
  missed(lastEventId: string): readonly StreamedEvent[] | null
  position(): string
  /** Tells all clients at once of a change that this process made. */
  publish(topic: EventTopic, data: unknown): void
  /** Looks at this backup too, for ten minutes: old ones are not among the newest. */
  watch(backupId: string): void
  /** The same for an execution. */
  watchExecution(executionId: string): void
  /** Ends the streams of a session that ended, or of a user's other sessions. */
  closeWhere(ended: (subscriber: Subscriber) => boolean): void
  close(): void
}

export interface HubOptions extends ExecutionReads {
  /** The backups to compare: all open ones, the newest, and those of `watched`. */
  readonly readBackups: (watched: readonly string[]) => Promise<readonly BackupJob[]>
  readonly onError: (error: unknown) => void
  readonly pollMs?: number
}

const bufferedEvents = 500
// A client that reconnects within a minute misses nothing; nobody asks the database longer than that for nobody.
const lingerMs = 60_000

export function openEventHub(options: HubOptions): EventHub {
  const { readBackups, onError, pollMs = 1000 } = options
  const buffer = newReplayBuffer(bufferedEvents, () => randomBytes(6).toString('hex'))
  const subscribers = new Set<Subscriber>()
  const watched = newWatchedIds()
  const executions = newExecutionWatch(options)
  let known: Map<string, string> | null = null
  let timer: NodeJS.Timeout | undefined
  let lastNeeded = 0

  const publish = (topic: EventTopic, data: unknown): void => {
    const event = buffer.add(topic, data)
    for (const subscriber of subscribers) if (subscriber.topics.has(topic)) subscriber.send(event)
  }

  const compare = (backups: readonly BackupJob[]): void => {
    const before = known
    known = new Map(before ?? [])
    for (const backup of backups) {
      const now = JSON.stringify(backup)
      // At the first look there is nothing to compare with: what is open may have changed since the page asked.
      if (before === null ? backup.completed_at === undefined : before.get(backup.id) !== now) {
        publish('backups', backup)
        if (backup.completed_at !== undefined) publish('vm-contexts', { id: backup.vm_context_id })
      }
      known.set(backup.id, now)
    }
    // Old entries are dropped once nobody reads them any more: the map stays as small as the list.
    if (known.size > 2000)
      known = new Map([...known].filter(([id]) => backups.some((backup) => backup.id === id)))
  }

  const poll = async (): Promise<void> => {
    compare(await readBackups(watched.ids()))
    await executions.look(publish)
  }

  const stop = (): void => {
    clearTimeout(timer)
    timer = undefined
    known = null
    executions.forget()
    buffer.restart()
  }

  const tick = (): void => {
    if (subscribers.size > 0) lastNeeded = Date.now()
    else if (Date.now() - lastNeeded > lingerMs) return stop()
    poll()
      .catch(onError)
      .finally(() => {
        if (timer !== undefined) timer = setTimeout(tick, pollMs).unref()
      })
  }

  return {
    subscribe(subscriber) {
      subscribers.add(subscriber)
      lastNeeded = Date.now()
      timer ??= setTimeout(tick, 0).unref()
      return () => subscribers.delete(subscriber)
    },
    missed: (lastEventId) => buffer.after(lastEventId),
    position: () => buffer.position(),
    publish,
    watch: watched.add,
    watchExecution: executions.watch,
    closeWhere(ended) {
      for (const subscriber of [...subscribers]) if (ended(subscriber)) subscriber.close()
    },
    close() {
      for (const subscriber of [...subscribers]) subscriber.close()
      stop()
    },
  }
}
