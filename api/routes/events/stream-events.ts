import type { Response } from 'express'
import { streamEvents } from '../../contract/events.js'
import type { StreamedEvent } from '../../events/replay-buffer.js'
import { route, streamed } from '../../route.js'

const heartbeatMs = 15_000
// A browser that does not read is let go; it comes back with its Last-Event-ID.
const maxUnreadBytes = 1024 * 1024

export const streamEventsRoute = route(
  streamEvents,
  async ({ context, query, caller, request, response }) => {
    const { hub } = context
    const topics = new Set(query.topics)
    response.status(200).set({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
    response.flushHeaders()
    const send = (event: StreamedEvent): void => write(response, frame(event.topic, event.data, event.id))
    const close = (): void => void response.end()
    const unsubscribe = hub.subscribe({
      topics,
      sessionToken: caller.sessionToken,
      userId: caller.user.id,
      send,
      close,
    })
    greet(response, context.hub.position(), request.get('last-event-id'), (id) =>
      hub.missed(id)?.filter((event) => topics.has(event.topic)),
    )
    const heartbeat = setInterval(() => write(response, ':\n\n'), heartbeatMs).unref()
    const expiry =
      caller.expiresAt === null ? undefined : setTimeout(close, untilExpiry(caller.expiresAt)).unref()
    response.on('close', () => {
      clearInterval(heartbeat)
      clearTimeout(expiry)
      unsubscribe()
    })
    return Promise.resolve(streamed)
  },
)

/** The first words: what was missed, or that everything must be asked again, or where the stream stands. */
function greet(
  response: Response,
  position: string,
  lastEventId: string | undefined,
  missed: (id: string) => readonly StreamedEvent[] | undefined,
): void {
  write(response, 'retry: 2000\n\n')
  if (lastEventId === undefined || lastEventId === '') return write(response, `id: ${position}\n:\n\n`)
  const events = missed(lastEventId)
  if (events === undefined) return write(response, frame('reset', {}, position))
  for (const event of events) write(response, frame(event.topic, event.data, event.id))
}

const frame = (name: string, data: unknown, id: string): string =>
  `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`

function write(response: Response, text: string): void {
  if (response.writableEnded || response.destroyed) return
  if (response.writableLength > maxUnreadBytes) return void response.destroy()
  response.write(text)
}

// setTimeout takes at most 2^31-1 ms, some 24 days.
const untilExpiry = (expiresAt: string): number =>
  Math.min(Math.max(Date.parse(expiresAt) - Date.now(), 0), 2_147_483_647)
