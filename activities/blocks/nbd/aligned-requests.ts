import type { EndError } from '../errors.js'
import { command, commandFlag } from './constants.js'
import type { Agreed } from './handshake.js'
import type { NbdFlags } from './nbd-options.js'
import type { Request } from './requests.js'
import type { Aligned } from './whole-blocks.js'

type Send = (request: Request, signal?: AbortSignal) => Promise<unknown>

// A zero request may name up to 4 GiB; small ones keep answers prompt and cancels quick.
const maxZeroBytes = 32 * 1024 * 1024
const zeros = Buffer.alloc(1024 * 1024)

/** Requests of whole blocks, cut to the payloads that the server takes. */
export const createAligned = (agreed: Agreed, flags: NbdFlags, send: Send): Aligned => {
  const maxPayload = payloadStep(agreed)
  return {
    read: (offset, into, signal) =>
      split(offset, into.length, maxPayload, (at, length) => {
        const part = length === into.length ? into : into.subarray(at - offset, at - offset + length)
        return send({ command: command.read, op: 'read', offset: at, length, into: part }, signal)
      }),
    write: (offset, data, signal) =>
      split(offset, data.length, maxPayload, (at, length) => {
        const payload = length === data.length ? data : data.subarray(at - offset, at - offset + length)
        return send({ command: command.write, op: 'write', offset: at, length, payload }, signal)
      }),
    zero: createZero(flags, { minBlockBytes: agreed.minBlockBytes, maxPayload }, send),
  }
}

/**
 * Zeroes aligned ranges: fast where the server offers that, until it refuses once (it knows a reason to), then at
 * whatever speed it has; by writing zeros where it has no such command.
 */
const createZero = (
  { canZero, canFastZero }: NbdFlags,
  { minBlockBytes, maxPayload }: { readonly minBlockBytes: number; readonly maxPayload: number },
  send: Send,
): Aligned['zero'] => {
  let isFast = canFastZero
  const step = maxZeroBytes - (maxZeroBytes % minBlockBytes)

  const zeroPart = async (offset: number, length: number, signal?: AbortSignal): Promise<void> => {
    const plain: Request = { command: command.writeZeroes, op: 'zero', offset, length }
    if (isFast)
      try {
        return void (await send({ ...plain, flags: commandFlag.fastZero }, signal))
      } catch (error) {
        if ((error as Partial<EndError>).errno !== 'ENOTSUP') throw error
        isFast = false
      }
    await send(plain, signal)
  }
  const writeZeros = async (offset: number, length: number, signal?: AbortSignal): Promise<void> => {
    const most = Math.min(zeros.length, maxPayload)
    for (let at = offset; at < offset + length; at += most) {
      const payload = zeros.subarray(0, Math.min(most, offset + length - at))
      await send({ command: command.write, op: 'zero', offset: at, length: payload.length, payload }, signal)
    }
  }
  return (offset, length, signal) =>
    canZero
      ? split(offset, length, step, (at, part) => zeroPart(at, part, signal))
      : writeZeros(offset, length, signal)
}

/** Runs one request for each part of at most `maxBytes`, all at once. */
const split = async (
  offset: number,
  length: number,
  maxBytes: number,
  each: (at: number, length: number) => Promise<unknown>,
): Promise<void> => {
  if (length <= maxBytes) return void (length > 0 && (await each(offset, length)))
  const parts: Promise<unknown>[] = []
  for (let at = offset; at < offset + length; at += maxBytes)
    parts.push(each(at, Math.min(maxBytes, offset + length - at)))
  await Promise.all(parts)
}

/** The largest payload that keeps the next one as well aligned as the server likes. */
const payloadStep = ({ minBlockBytes, preferredBlockBytes, maxBlockBytes }: Agreed): number =>
  [preferredBlockBytes, minBlockBytes]
    .map((block) => maxBlockBytes - (maxBlockBytes % block))
    .find((step) => step > 0)!
