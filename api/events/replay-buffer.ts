import type { EventTopic } from '../contract/events.js'

export interface StreamedEvent {
  /** `<epoch>-<number>`: an epoch lasts as long as nothing could be missed. */
  readonly id: string
  readonly topic: EventTopic
  readonly data: unknown
}

/** The latest events of one process, so that a client that lost its connection misses none. */
export interface ReplayBuffer {
  add(topic: EventTopic, data: unknown): StreamedEvent
  /** What came after `lastEventId`; null when that cannot be known, and the client must ask for everything again. */
  after(lastEventId: string): readonly StreamedEvent[] | null
  /** The id of the newest event, for a client that begins now. */
  position(): string
  /** Forgets everything: ids given before are unknown from now on. */
  restart(): void
}

export function newReplayBuffer(capacity: number, newEpoch: () => string): ReplayBuffer {
  let epoch = newEpoch()
  let count = 0
  let events: StreamedEvent[] = []
  return {
    add(topic, data) {
      count += 1
      const event = { id: `${epoch}-${count}`, topic, data }
      events.push(event)
      if (events.length > capacity) events = events.slice(-capacity)
      return event
    },
    after(lastEventId) {
      const [, of, text] = /^(.+)-(\d+)$/.exec(lastEventId) ?? []
      const last = Number(text)
      if (of !== epoch || last > count || count - last > events.length) return null
      return events.slice(events.length - (count - last))
    },
    position: () => `${epoch}-${count}`,
    restart() {
      epoch = newEpoch()
      count = 0
      events = []
    },
  }
}
