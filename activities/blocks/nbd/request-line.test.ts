import type { Connection } from './connection.js'
import { command } from './constants.js'
import { createRequestLine } from './request-line.js'

const request = (offset: number) => ({ command: command.read, op: 'read' as const, offset, length: 512 })

/** A connection whose requests end when the test says so. */
const handConnection = (freed: () => void) => {
  const sent: number[] = []
  let inFlight = 0
  const connection = {
    inFlight: () => inFlight,
    lost: () => undefined,
    send: async ({ offset }: { offset: number }, signal?: AbortSignal) => {
      signal?.throwIfAborted()
      sent.push(offset)
      inFlight++
      return []
    },
  } as unknown as Connection
  const end = (): void => {
    inFlight--
    freed()
  }
  return { connection, sent, end }
}

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('requests wait for a free place and take it in their order', async () => {
  const line = createRequestLine(1)
  const { connection, sent, end } = handConnection(line.advance)
  const send = line.serve([connection])
  const all = [send(request(1)), send(request(2)), send(request(3))]
  await soon()
  expect(sent).toEqual([1])
  end()
  await soon()
  end()
  await Promise.all(all)
  expect(sent).toEqual([1, 2, 3])
})

test('a request aborted when its turn comes passes the turn on', async () => {
  const line = createRequestLine(1)
  const { connection, sent, end } = handConnection(line.advance)
  const send = line.serve([connection])
  const abort = new AbortController()
  void send(request(1))
  const aborted = send(request(2), abort.signal)
  const third = send(request(3))
  end()
  abort.abort(new Error('nobody reads any more'))
  await expect(aborted).rejects.toThrow('nobody reads')
  await third
  expect(sent).toEqual([1, 3])
})
