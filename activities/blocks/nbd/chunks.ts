import type { EndError, EndOp } from '../errors.js'
import { chunk, command, errnoName } from './constants.js'
import { printable } from './option-talk.js'
import { cover, readUInt64, type Pending } from './requests.js'

export type Fail = (
  op: EndOp,
  errno: string,
  detail: string,
  cause?: unknown,
  range?: { readonly offset: number; readonly length: number },
) => EndError

/** Takes every chunk but data; returns what is wrong with it. */
export const takeChunk = (request: Pending, type: number, body: Buffer, fail: Fail): string | undefined => {
  if ((type & chunk.errorBit) !== 0) return takeError(request, type, body, fail)
  if (type === chunk.offsetHole && request.into !== undefined && body.length === 12)
    return takeHole(request, body)
  if (request.command === command.blockStatus && type !== chunk.none) return takeStatus(request, type, body)
  return type === chunk.none && body.length === 0 ? undefined : `chunk of unknown type ${type}`
}

/** The first error stands; where the server names the offset that failed, so does the error. */
const takeError = (request: Pending, type: number, body: Buffer, fail: Fail): string | undefined => {
  if (body.length < 6) return 'short error chunk'
  const textEnd = 6 + body.readUInt16BE(4)
  if (textEnd > body.length) return 'error chunk with a text longer than itself'
  const text = printable(body.subarray(6, textEnd))
  const end = request.offset + request.length
  const named = type === chunk.errorOffset && body.length >= textEnd + 8
  const offset = named ? readUInt64(body, textEnd) : request.offset
  if (type === chunk.errorOffset && (!named || offset < request.offset || offset >= end))
    return 'error at an offset outside the range that was asked for'
  const detail = text === '' ? 'refused by the server' : text
  const range = { offset, length: end - offset }
  request.error ??= fail(request.op, errnoName(body.readUInt32BE(0)), detail, undefined, range)
  return undefined
}

const takeHole = (request: Pending, body: Buffer): string | undefined => {
  const start = readUInt64(body, 0) - request.offset
  const length = body.readUInt32BE(8)
  if (start < 0 || length === 0 || start + length > request.length)
    return 'hole outside the range that was asked for'
  request.into?.fill(0, start, start + length)
  cover(request, start, length)
  return undefined
}

const takeStatus = (request: Pending, type: number, body: Buffer): string | undefined => {
  if (type === chunk.blockStatus && body.length > 4 && body.length % 8 === 4)
    return takeDescriptors(request, body, 4, 8)
  if (type !== chunk.blockStatusExtended || body.length <= 8 || body.length % 16 !== 8)
    return `chunk of unknown type ${type}`
  const count = body.readUInt32BE(4)
  return count * 16 + 8 === body.length ? takeDescriptors(request, body, 8, 16) : 'wrong descriptor count'
}

const takeDescriptors = (request: Pending, body: Buffer, from: number, size: 8 | 16): string | undefined => {
  if (body.readUInt32BE(0) !== request.contextId) return undefined
  const read = size === 8 ? (at: number) => body.readUInt32BE(at) : (at: number) => readUInt64(body, at)
  for (let at = from; at < body.length; at += size) {
    const descriptor = { length: read(at), flags: read(at + size / 2) }
    if (descriptor.length === 0) return 'status of a range without length'
    if (!Number.isSafeInteger(descriptor.length) || !Number.isSafeInteger(descriptor.flags))
      return 'status with numbers of 2^53 or more'
    request.descriptors.push(descriptor)
  }
  return undefined
}
