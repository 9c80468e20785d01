import { takeChunk, type Fail } from './chunks.js'
import { chunk, chunkDone, command, errnoName, magic } from './constants.js'
import type { Agreed, ReplyStyle } from './handshake.js'
import { cover, readUInt64, type Pending } from './requests.js'
import type { Wire } from './wire.js'

export interface ReplyEvents {
  readonly fail: Fail
  /** The server broke the protocol: nothing that it sends can be trusted any more. */
  readonly broken: (detail: string) => void
  readonly idle: () => void
}

// Every chunk but data: a list of status descriptors is the longest (protocol: 2^20 of them at most).
const maxOddChunkBytes = 20 * 1024 * 1024
const headBytes: Readonly<Record<ReplyStyle, number>> = { simple: 16, structured: 20, extended: 32 }
// What the kernel is asked for when a head is awaited. With reads in flight not one byte more than head and offset:
// what follows lands in its place. Without, many short replies come with one system call.
const manyReplies = 4096

/**
 * Reads replies for ever: simple ones, structured and extended ones chunk by chunk. Read payloads go straight into
 * the request's buffer. Anything the protocol forbids (unknown handle, data out of range) calls `broken` and stops.
 */
export const receiveReplies = (
  wire: Wire,
  agreed: Agreed,
  pending: Map<number, Pending>,
  { fail, broken, idle }: ReplyEvents,
  readsInFlight: () => number,
): void => {
  const { replies: style } = agreed
  const head = Buffer.alloc(32)
  const firstHead = head.subarray(0, style === 'extended' ? 32 : 16)
  const lengthOnly = head.subarray(16, 20)
  const place = Buffer.alloc(8)
  const ahead = style === 'simple' ? 0 : headBytes[style] + place.length - firstHead.length

  const next = (): void =>
    wire.receive(firstHead, onHead, readsInFlight() > 0 ? ahead : manyReplies - firstHead.length)
  const finish = (handle: number, request: Pending): void => {
    pending.delete(handle)
    const isShort = request.command === command.read && request.error === undefined && !isWhole(request)
    const short = isShort
      ? fail(request.op, 'EPROTO', 'the reply left out or repeated a part', undefined, request)
      : undefined
    request.settle(request.error ?? short)
    if (pending.size === 0) idle()
    next()
  }

  // Simple replies are 16 bytes, structured heads 20: with the first 16 one knows which it is.
  const onHead = (): void => {
    const kind = head.readUInt32BE(0)
    const handle = head.readUInt32BE(12)
    const request = head.readUInt32BE(8) === 0 ? pending.get(handle) : undefined
    if (kind === magic.simpleReply && style !== 'extended') return onSimple(handle, request)
    if (kind === magic.structuredReply && style === 'structured')
      return wire.receive(lengthOnly, () => onChunk(handle, request, head.readUInt32BE(16)))
    if (kind !== magic.extendedReply || style !== 'extended') return broken('unknown reply')
    if (request !== undefined && readUInt64(head, 16) !== request.offset)
      return broken('reply with another offset than its request')
    onChunk(handle, request, readUInt64(head, 24))
  }

  const onSimple = (handle: number, request: Pending | undefined): void => {
    // head: magic 4, error 4, handle 8
    if (request === undefined) return broken('reply to a request that was never made')
    const code = head.readUInt32BE(4)
    if (code !== 0)
      request.error = fail(request.op, errnoName(code), 'refused by the server', undefined, request)
    else if (request.into !== undefined) {
      if (style !== 'simple') return broken('simple reply to a read')
      request.received = request.length
      return wire.receive(request.into, () => finish(handle, request))
    } else if (request.command === command.blockStatus) return broken('simple reply to a status request')
    finish(handle, request)
  }

  const onChunk = (handle: number, request: Pending | undefined, length: number): void => {
    // head: magic 4, flags 2, type 2, handle 8, and if extended the request's offset 8; then length 4 or 8.
    if (request === undefined) return broken('chunk for a request that was never made')
    const isDone = (head.readUInt16BE(4) & chunkDone) !== 0
    const type = head.readUInt16BE(6)
    const after = isDone ? () => finish(handle, request) : next
    if (type === chunk.offsetData && request.into !== undefined && length > 8)
      return takeData(request, request.into, length - 8, after)
    if (length > maxOddChunkBytes) return broken(`chunk of ${length} bytes`)
    const body = Buffer.alloc(length)
    wire.receive(body, () => {
      const problem = takeChunk(request, type, body, fail)
      if (problem === undefined) after()
      else broken(problem)
    })
  }

  const takeData = (request: Pending, into: Buffer, length: number, after: () => void): void =>
    wire.receive(place, () => {
      const start = readUInt64(place, 0) - request.offset
      if (start < 0 || start + length > request.length)
        return broken('data outside the range that was asked for')
      cover(request, start, length)
      wire.receive(length === into.length ? into : into.subarray(start, start + length), after)
    })

  next()
}

/** Chunks may come in any order, but must not overlap: bytes that never came are not taken for data. */
const isWhole = ({ received, odd, length }: Pending): boolean =>
  odd
    .sort((a, b) => a.start - b.start)
    .reduce((at, run) => (run.start === at ? at + run.length : NaN), received) === length
