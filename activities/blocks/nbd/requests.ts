import type { EndError, EndOp } from '../errors.js'
import { command, commandFlag, magic, transmissionFlag } from './constants.js'
import type { Agreed, ReplyStyle } from './handshake.js'

export interface Request {
  readonly command: number
  readonly op: EndOp
  readonly offset: number
  readonly length: number
  /** Command flags besides the one that the header style wants. */
  readonly flags?: number | undefined
  readonly payload?: Buffer | undefined
  /** Where a read lands. */
  readonly into?: Buffer | undefined
  /** The meta context whose descriptors are wanted. */
  readonly context?: string | undefined
}

/** Pairs of length and status flags, as the server sent them. */
export type Descriptors = { length: number; flags: number }[]

/** A request on the wire, filled by the replies. */
export interface Pending extends Request {
  /** Bytes that came in order from the beginning … */
  received: number
  /** … and runs that did not: they must fill the rest without overlap. */
  readonly odd: { start: number; length: number }[]
  readonly descriptors: Descriptors
  /** The server's number for the context, on this connection. */
  readonly contextId: number | undefined
  error: EndError | undefined
  readonly settle: (error: EndError | undefined) => void
}

/** Field by field: spreading the request took V8 longer than sending it. */
export const pendingOf = (
  { command, op, offset, length, flags, payload, into, context }: Request,
  { contextId, descriptors, settle }: Pick<Pending, 'contextId' | 'descriptors' | 'settle'>,
): Pending => ({
  command,
  op,
  offset,
  length,
  flags,
  payload,
  into,
  context,
  contextId,
  descriptors,
  settle,
  received: 0,
  odd: [],
  error: undefined,
})

/** Notes that a part of a read has come, or is known to be zeros. */
export const cover = (request: Pending, start: number, length: number): void => {
  if (start === request.received) request.received += length
  else request.odd.push({ start, length })
}

const high = 2 ** 32

/** Compact or extended request header. The handle is a 32-bit number of ours; the protocol has room for 64. */
export const requestHead = (request: Request, handle: number, style: ReplyStyle): Buffer => {
  const isExtended = style === 'extended'
  const hasPayload = isExtended && request.payload !== undefined
  const head = Buffer.allocUnsafe(isExtended ? 32 : 28)
  head.writeUInt32BE(isExtended ? magic.extendedRequest : magic.request, 0)
  head.writeUInt16BE((request.flags ?? 0) | (hasPayload ? commandFlag.payloadLength : 0), 4)
  head.writeUInt16BE(request.command, 6)
  head.writeUInt32BE(0, 8)
  head.writeUInt32BE(handle, 12)
  writeUInt64(head, request.offset, 16)
  if (!isExtended) head.writeUInt32BE(request.length, 24)
  else writeUInt64(head, request.payload?.length ?? request.length, 24)
  return head
}

/** Where the server takes it, a status request says which context it is about: the others are not looked up. */
export const narrowStatus = (request: Request, id: number | undefined, agreed: Agreed): Request => {
  const isOnlyOne = agreed.contexts.size < 2 || (agreed.flags & transmissionFlag.blockStatusPayload) === 0
  if (id === undefined || isOnlyOne || agreed.replies !== 'extended') return request
  const payload = Buffer.alloc(12)
  writeUInt64(payload, request.length, 0)
  payload.writeUInt32BE(id, 8)
  return { ...request, payload }
}

export const goodbye: Request = { command: command.disconnect, op: 'open', offset: 0, length: 0 }

// Two 32-bit halves: a BigInt for each of them costs more than all the rest of the head.
const writeUInt64 = (into: Buffer, value: number, at: number): void => {
  into.writeUInt32BE(Math.floor(value / high), at)
  into.writeUInt32BE(value % high, at + 4)
}

export const readUInt64 = (from: Buffer, at: number): number =>
  from.readUInt32BE(at) * high + from.readUInt32BE(at + 4)
