import { EndError } from '../errors.js'
import type { Side } from '../end.js'
import { onAbort } from '../on-abort.js'
import type { NbdAddress } from './address.js'
import type { Fail } from './chunks.js'
import { shakeHands, type Agreed, type HandshakeOptions } from './handshake.js'
import { openTalk, type Loss } from './open-talk.js'
import { receiveReplies } from './replies.js'
import {
  goodbye,
  narrowStatus,
  pendingOf,
  requestHead,
  type Descriptors,
  type Pending,
  type Request,
} from './requests.js'

/** One NBD connection: pipelined requests, replies in any order. */
export interface Connection {
  readonly agreed: Agreed
  readonly inFlight: () => number
  readonly lost: () => EndError | undefined
  readonly bytesMoved: () => number
  /** Resolves with the block status descriptors (empty for other commands). */
  send(request: Request, signal?: AbortSignal): Promise<Descriptors>
  /** Waits for replies on their way (bounded), says goodbye, closes. nbdkit 1.32 aborts on anything less. */
  close(drainMs: number): Promise<void>
}

export interface ConnectionOptions extends HandshakeOptions {
  readonly side: Side
  readonly signal?: AbortSignal
  readonly handshakeMs: number
  /** Called whenever a request left the wire, whether or not anybody still waits for it. */
  readonly onFreed: () => void
}

/** Opens a connection and negotiates; rejects with an EndError of op `open`, or the signal's reason. */
export const openConnection = async (
  address: NbdAddress,
  options: ConnectionOptions,
): Promise<Connection> => {
  const pending = new Map<number, Pending>()
  let lost: EndError | undefined
  let whenIdle = (): void => {}
  let readsInFlight = 0

  const fail = failAs(options)
  const lose = ({ errno, detail, cause }: Loss): void => {
    if (lost !== undefined) return
    lost = fail('open', errno, detail, cause)
    for (const request of pending.values()) request.settle(fail(request.op, errno, detail, cause, request))
    pending.clear()
    whenIdle()
  }
  const { wire, result: agreed } = await openTalk(address, options, lose, (one) =>
    shakeHands(one, address, options),
  )
  const broken = (detail: string): void => {
    lose({ errno: 'EPROTO', detail })
    wire.destroy()
  }
  receiveReplies(wire, agreed, pending, { fail, broken, idle: () => whenIdle() }, () => readsInFlight)

  let nextHandle = 1
  const start = (asked: Request, settle: Pending['settle'], descriptors: Descriptors): void => {
    const handle = nextHandle
    nextHandle = nextHandle >= 0xffffffff ? 1 : nextHandle + 1
    const contextId = asked.context === undefined ? undefined : agreed.contexts.get(asked.context)
    const request = contextId === undefined ? asked : narrowStatus(asked, contextId, agreed)
    if (request.into !== undefined) readsInFlight++
    const freed: Pending['settle'] = (error) => {
      if (request.into !== undefined) readsInFlight--
      settle(error)
    }
    pending.set(handle, pendingOf(request, { contextId, descriptors, settle: freed }))
    const head = requestHead(request, handle, agreed.replies)
    if (request.payload === undefined) wire.send(head)
    else wire.send(head, request.payload)
  }
  return {
    agreed,
    inFlight: () => pending.size,
    lost: () => lost,
    bytesMoved: wire.bytesMoved,
    send: (request, signal) =>
      new Promise((resolve, reject) => {
        if (lost !== undefined)
          return reject(fail(request.op, lost.errno, 'the connection is lost', lost, request))
        if (signal?.aborted === true) return reject(signal.reason as Error)
        const ignore = onAbort(signal, () => reject(signal?.reason as Error))
        const descriptors: Descriptors = []
        const settle = (error: EndError | undefined): void => {
          ignore()
          if (error === undefined) resolve(descriptors)
          else reject(error)
          options.onFreed()
        }
        start(request, settle, descriptors)
      }),
    async close(drainMs) {
      if (lost === undefined && pending.size > 0) await within(drainMs, (done) => (whenIdle = done))
      whenIdle = () => {}
      if (lost === undefined && pending.size === 0) wire.send(requestHead(goodbye, 0, agreed.replies))
      await wire.close(closeMs)
    },
  }
}

const failAs =
  ({ side, where }: ConnectionOptions): Fail =>
  (op, errno, detail, cause, { offset, length } = { offset: 0, length: 0 }) =>
    new EndError({ side, op, offset, length, errno, where, detail, cause })

// A server that got DISC closes at once; one that is stopped never will.
const closeMs = 300

const within = (ms: number, start: (done: () => void) => void): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    start(() => {
      clearTimeout(timer)
      resolve()
    })
  })
