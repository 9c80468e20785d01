import { EndError, type EndOp } from '../errors.js'
import type { Side } from '../end.js'
import { onAbort } from '../on-abort.js'
import { command, magic } from './constants.js'
import { shakeHands, type Export } from './handshake.js'
import { receiveReplies } from './replies.js'
import type { NbdAddress } from './address.js'
import { openWire } from './wire.js'

export interface Request {
  readonly command: number
  readonly op: EndOp
  readonly offset: number
  readonly length: number
  readonly payload?: Buffer
  /** Where a read lands. */
  readonly into?: Buffer
}

/** A request on the wire, filled by the replies. */
export interface Pending extends Request {
  received: number
  /** Pairs of length and flags, as the server sent them. */
  readonly descriptors: { length: number; flags: number }[]
  error: EndError | undefined
  readonly settle: (error: EndError | undefined) => void
}

/** One NBD connection: pipelined requests, replies in any order. */
export interface Connection {
  readonly agreed: Export
  readonly inFlight: () => number
  readonly lost: () => EndError | undefined
  readonly bytesMoved: () => number
  /** Resolves with the block status descriptors (empty for other commands). */
  send(request: Request, signal?: AbortSignal): Promise<Pending['descriptors']>
  /** Waits for replies on their way (bounded), says goodbye, closes. nbdkit 1.32 aborts on anything less. */
  close(drainMs: number): Promise<void>
}

export interface ConnectionOptions {
  readonly exportName: string
  readonly side: Side
  readonly where: string
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
  const { side, where, handshakeMs } = options
  const pending = new Map<number, Pending>()
  let lost: EndError | undefined
  let whenIdle = (): void => {}

  const fail = (op: EndOp, errno: string, detail: string, cause?: unknown, of?: Request): EndError =>
    new EndError({ side, op, offset: of?.offset ?? 0, length: of?.length ?? 0, errno, where, detail, cause })
  const lose = (errno: string, detail: string, cause?: unknown): void => {
    if (lost !== undefined) return
    lost = fail('open', errno, detail, cause)
    for (const request of pending.values()) request.settle(fail(request.op, errno, detail, cause, request))
    pending.clear()
    whenIdle()
  }
  const deadline = AbortSignal.timeout(handshakeMs)
  const opening = options.signal === undefined ? deadline : AbortSignal.any([options.signal, deadline])
  const wire = await openWire(address, (error) => lose(errnoOf(error), textOf(error), error), opening).catch(
    (error: unknown) => {
      options.signal?.throwIfAborted()
      if (deadline.aborted) throw fail('open', 'ETIMEDOUT', `no connection within ${handshakeMs} ms`)
      throw fail('open', errnoOf(error), textOf(error), error)
    },
  )
  const agreed = await orLost(shakeHands(wire, options), opening, (reject) => {
    whenIdle = () => reject(lost)
  }).catch((error: unknown) => {
    wire.destroy()
    options.signal?.throwIfAborted()
    throw deadline.aborted ? fail('open', 'ETIMEDOUT', `no handshake within ${handshakeMs} ms`) : error
  })
  receiveReplies(
    wire,
    agreed,
    pending,
    fail,
    (detail) => {
      lose('EPROTO', detail)
      wire.destroy()
    },
    () => whenIdle(),
  )

  let nextHandle = 1
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
        const abandon = (): void => reject(signal?.reason as Error)
        const ignore = onAbort(signal, abandon)
        const descriptors: Pending['descriptors'] = []
        const settle = (error: EndError | undefined): void => {
          ignore()
          if (error === undefined) resolve(descriptors)
          else reject(error)
          options.onFreed()
        }
        const handle = nextHandle
        nextHandle = nextHandle >= 0xffffffff ? 1 : nextHandle + 1
        pending.set(handle, { ...request, received: 0, descriptors, error: undefined, settle })
        const head = requestHead(request, handle)
        if (request.payload === undefined) wire.send(head)
        else wire.send(head, request.payload)
      }),
    async close(drainMs) {
      if (lost === undefined && pending.size > 0) await within(drainMs, (done) => (whenIdle = done))
      whenIdle = () => {}
      if (lost === undefined && pending.size === 0)
        wire.send(requestHead({ command: command.disconnect, op: 'open', offset: 0, length: 0 }, 0))
      await wire.close(closeMs)
    },
  }
}

// A server that got DISC closes at once; one that is stopped never will.
const closeMs = 300

const requestHead = (request: Request, handle: number): Buffer => {
  const head = Buffer.allocUnsafe(28)
  head.writeUInt32BE(magic.request, 0)
  head.writeUInt16BE(0, 4)
  head.writeUInt16BE(request.command, 6)
  head.writeUInt32BE(0, 8)
  head.writeUInt32BE(handle, 12)
  head.writeBigUInt64BE(BigInt(request.offset), 16)
  head.writeUInt32BE(request.length, 24)
  return head
}

const within = (ms: number, start: (done: () => void) => void): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    start(() => {
      clearTimeout(timer)
      resolve()
    })
  })

const orLost = <T>(
  work: Promise<T>,
  signal: AbortSignal,
  watch: (reject: (error: unknown) => void) => void,
) =>
  new Promise<T>((resolve, reject) => {
    const ignore = onAbort(signal, () => reject(signal.reason as Error))
    watch(reject)
    work.then(resolve, reject).finally(ignore)
  })

// By shape, not by class: test runners hand out errors of another realm.
const errnoOf = (error: unknown): string => (error as NodeJS.ErrnoException | undefined)?.code ?? 'ECONNRESET'

const textOf = (error: unknown): string =>
  (error as Error | undefined)?.message ?? 'the server closed the connection'
