import type { EndError, EndOp } from '../errors.js'
import { chunk, chunkDone, command, errnoName, magic } from './constants.js'
import type { Pending, Request } from './connection.js'
import type { Export } from './handshake.js'
import type { Wire } from './wire.js'

type Fail = (op: EndOp, errno: string, detail: string, cause?: unknown, of?: Request) => EndError

const maxOddChunkBytes = 1024 * 1024

/**
 * Reads replies for ever: simple ones, and structured ones chunk by chunk. Read payloads go straight into the
 * request's buffer. Anything the protocol forbids (unknown handle, data out of range) calls `broken` and stops.
 */
export const receiveReplies = (
  wire: Wire,
  agreed: Export,
  pending: Map<number, Pending>,
  fail: Fail,
  broken: (detail: string) => void,
  idle: () => void,
): void => {
  const simpleHead = Buffer.alloc(16)
  const chunkTail = Buffer.alloc(4)

  const next = (): void => wire.receive(simpleHead, onHead)
  const finish = (handle: number, request: Pending): void => {
    pending.delete(handle)
    const isShort = request.command === command.read && request.received !== request.length
    const short = isShort
      ? fail(request.op, 'EPROTO', `short read: got ${request.received} bytes`, undefined, request)
      : undefined
    request.settle(request.error ?? short)
    if (pending.size === 0) idle()
    next()
  }

  // Simple replies are 16 bytes, structured heads 20: with the first 16 one knows which it is.
  const onHead = (): void => {
    const kind = simpleHead.readUInt32BE(0)
    const handle = simpleHead.readUInt32BE(12)
    const request = simpleHead.readUInt32BE(8) === 0 ? pending.get(handle) : undefined
    if (kind === magic.simpleReply) return onSimple(handle, request)
    if (kind !== magic.structuredReply || !agreed.structuredReplies) return broken('unknown reply')
    wire.receive(chunkTail, () => onChunk(handle, request))
  }

  const onSimple = (handle: number, request: Pending | undefined): void => {
    // simpleHead: magic 4, error 4, handle 8
    if (request === undefined) return broken('reply to a request that was never made')
    const code = simpleHead.readUInt32BE(4)
    if (code !== 0)
      request.error = fail(request.op, errnoName(code), 'refused by the server', undefined, request)
    else if (request.into !== undefined) {
      if (agreed.structuredReplies) return broken('simple reply to a read')
      request.received = request.length
      return wire.receive(request.into, () => finish(handle, request))
    }
    finish(handle, request)
  }

  const onChunk = (handle: number, request: Pending | undefined): void => {
    // simpleHead: magic 4, flags 2, type 2, handle 8; then length 4
    if (request === undefined) return broken('chunk for a request that was never made')
    const isDone = (simpleHead.readUInt16BE(4) & chunkDone) !== 0
    const type = simpleHead.readUInt16BE(6)
    const length = chunkTail.readUInt32BE(0)
    const after = isDone ? () => finish(handle, request) : next
    if (type === chunk.offsetData && request.into !== undefined && length > 8)
      return takeData(request, request.into, length - 8, after)
    if (length > maxOddChunkBytes) return broken(`chunk of ${length} bytes`)
    const body = Buffer.alloc(length)
    wire.receive(body, () => {
      const problem = takeBody(request, type, body, agreed.allocationContext, fail)
      if (problem === undefined) after()
      else broken(problem)
    })
  }

  const takeData = (request: Pending, into: Buffer, length: number, after: () => void): void => {
    const place = Buffer.alloc(8)
    wire.receive(place, () => {
      const start = Number(place.readBigUInt64BE(0)) - request.offset
      if (start < 0 || start + length > request.length)
        return broken('data outside the range that was asked for')
      request.received += length
      wire.receive(into.subarray(start, start + length), after)
    })
  }

  next()
}

/** Takes every chunk but data; returns what is wrong with it. */
const takeBody = (
  request: Pending,
  type: number,
  body: Buffer,
  allocationContext: number | undefined,
  fail: Fail,
): string | undefined => {
  if ((type & chunk.errorBit) !== 0) {
    if (body.length < 6) return 'short error chunk'
    const text = body.toString('utf8', 6, Math.min(body.length, 6 + body.readUInt16BE(4)))
    const detail = text === '' ? 'refused by the server' : text.replace(/[^\x20-\x7e]/g, '?').slice(0, 200)
    request.error ??= fail(request.op, errnoName(body.readUInt32BE(0)), detail, undefined, request)
    return undefined
  }
  if (type === chunk.offsetHole && request.into !== undefined && body.length === 12)
    return takeHole(request, body)
  if (type === chunk.blockStatus && request.command === command.blockStatus && body.length % 8 === 4) {
    if (body.readUInt32BE(0) !== allocationContext) return undefined
    for (let at = 4; at < body.length; at += 8)
      request.descriptors.push({ length: body.readUInt32BE(at), flags: body.readUInt32BE(at + 4) })
    return undefined
  }
  return type === chunk.none && body.length === 0 ? undefined : `chunk of unknown type ${type}`
}

const takeHole = (request: Pending, body: Buffer): string | undefined => {
  const start = Number(body.readBigUInt64BE(0)) - request.offset
  const length = body.readUInt32BE(8)
  if (start < 0 || start + length > request.length) return 'hole outside the range that was asked for'
  request.into?.fill(0, start, start + length)
  request.received += length
  return undefined
}
