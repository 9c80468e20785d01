import { EndError, type EndOp } from '../errors.js'
import type { Side, StatusExtent, WritableEnd } from '../end.js'
import { command, stateFlag, transmissionFlag } from './constants.js'
import { openConnection, type Connection, type Pending, type Request } from './connection.js'
import type { NbdAddress } from './wire.js'

export interface NbdOptions {
  readonly exportName?: string
  /** Connections to open where the server allows several (multi-conn); else one. */
  readonly connections?: number
  /** Requests in flight on each connection. */
  readonly depth?: number
  readonly side: Side
  readonly signal?: AbortSignal
  readonly handshakeMs?: number
  /** How long dispose waits for replies to requests in flight. */
  readonly drainMs?: number
}

export interface NbdEnd extends WritableEnd {
  readonly connections: number
  readonly hasBlockStatus: boolean
  readInto(offset: number, into: Buffer, signal?: AbortSignal): Promise<void>
  bytesMoved(): number
}

// A block status or zero request may name up to 4 GiB; small ones keep answers prompt and cancels quick.
const maxZeroBytes = 32 * 1024 * 1024
const maxStatusBytes = 1024 * 1024 * 1024

/** Opens an export. Rejects with an EndError (op `open`); writes are refused where the server says read-only. */
export const openNbd = async (address: NbdAddress, options: NbdOptions): Promise<NbdEnd> => {
  const { exportName = '', side, signal, handshakeMs = 10_000, drainMs = 500, depth = 8 } = options
  const place = 'socketPath' in address ? address.socketPath : `${address.host}:${address.port}`
  const where = `nbd ${place}${exportName === '' ? '' : ` export "${exportName}"`}`
  const line = createLine(depth)
  const about = { exportName, side, where, handshakeMs, onFreed: line.advance, ...(signal ? { signal } : {}) }
  const open = (): Promise<Connection> => openConnection(address, about)
  const first = await open()
  const { agreed } = first
  const has = (flag: number): boolean => (agreed.flags & flag) !== 0
  const more = has(transmissionFlag.canMultiConn) ? Math.max(0, (options.connections ?? 2) - 1) : 0
  const opened = await Promise.allSettled(Array.from({ length: more }, open))
  const connections = [first, ...opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))]
  const failed = opened.find((one) => one.status === 'rejected')
  const closeAll = async (): Promise<void> => void (await Promise.all(connections.map((one) => one.close(drainMs))))
  if (failed !== undefined) {
    await closeAll()
    throw failed.reason
  }
  const send = line.serve(connections)
  const { sizeBytes, minBlockBytes, maxBlockBytes } = agreed
  const fail = (op: EndOp, offset: number, length: number, errno: string, detail: string): EndError =>
    new EndError({ side, op, offset, length, errno, where, detail })
  const check = (op: EndOp, offset: number, length: number): void => {
    if (!(offset >= 0 && length >= 0 && offset + length <= sizeBytes))
      throw fail(op, offset, length, 'EINVAL', `outside a disk of ${sizeBytes} bytes`)
    const changes = op === 'write' || op === 'zero'
    if (changes && has(transmissionFlag.readOnly)) throw fail(op, offset, length, 'EPERM', 'the export is read-only')
    if (changes && (offset % minBlockBytes !== 0 || length % minBlockBytes !== 0))
      throw fail(op, offset, length, 'EINVAL', `not aligned to the server's ${minBlockBytes} bytes`)
  }
  const maxPayload = Math.max(minBlockBytes, maxBlockBytes - (maxBlockBytes % minBlockBytes))

  const readInto = async (offset: number, into: Buffer, sig?: AbortSignal): Promise<void> => {
    check('read', offset, into.length)
    const start = offset - (offset % minBlockBytes)
    const end = Math.ceil((offset + into.length) / minBlockBytes) * minBlockBytes
    const isAligned = start === offset && end === offset + into.length
    const whole = isAligned ? into : Buffer.allocUnsafe(end - start)
    await split(start, whole.length, maxPayload, (at, length) => {
      const part = length === whole.length ? whole : whole.subarray(at - start, at - start + length)
      return send({ command: command.read, op: 'read', offset: at, length, into: part }, sig)
    })
    if (!isAligned) whole.copy(into, 0, offset - start, offset - start + into.length)
  }
  const write = async (offset: number, data: Buffer, sig?: AbortSignal): Promise<void> => {
    check('write', offset, data.length)
    await split(offset, data.length, maxPayload, (at, length) => {
      const payload = length === data.length ? data : data.subarray(at - offset, at - offset + length)
      return send({ command: command.write, op: 'write', offset: at, length, payload }, sig)
    })
  }
  return {
    sizeBytes,
    readOnly: has(transmissionFlag.readOnly),
    describe: where,
    connections: connections.length,
    hasBlockStatus: agreed.allocationContext !== undefined,
    bytesMoved: () => connections.reduce((sum, one) => sum + one.bytesMoved(), 0),
    readInto,
    write,
    async read(offset, length, sig) {
      const into = Buffer.allocUnsafeSlow(length)
      await readInto(offset, into, sig)
      return into
    },
    async status(offset, length, sig) {
      check('status', offset, length)
      if (agreed.allocationContext === undefined || length === 0)
        return length === 0 ? [] : [{ offset, length, hole: false, zero: false }]
      const start = offset - (offset % minBlockBytes)
      const extents: StatusExtent[] = []
      for (let at = start; at < offset + length; ) {
        const whole = Math.ceil((offset + length - at) / minBlockBytes) * minBlockBytes
        const asked = Math.min(whole, maxStatusBytes)
        const answer = await send({ command: command.blockStatus, op: 'status', offset: at, length: asked }, sig)
        const known = appendStatus(extents, at, Math.min(at + asked, sizeBytes), answer)
        if (known === at) throw fail('status', at, asked, 'EPROTO', 'the server described nothing')
        at = known
      }
      return clip(extents, offset, offset + length)
    },
    async zero(offset, length, sig) {
      check('zero', offset, length)
      if (has(transmissionFlag.sendWriteZeroes))
        await split(offset, length, maxZeroBytes - (maxZeroBytes % minBlockBytes), (at, part) =>
          send({ command: command.writeZeroes, op: 'zero', offset: at, length: part }, sig),
        )
      else await writeZeros(offset, length, (at, data) => write(at, data, sig))
    },
    async flush(sig) {
      // A server without FLUSH promises that completed writes are durable (or has no durability to offer).
      if (has(transmissionFlag.sendFlush))
        await send({ command: command.flush, op: 'flush', offset: 0, length: 0 }, sig)
    },
    [Symbol.asyncDispose]: closeAll,
  }
}

/** Least loaded connection first; a request waits in line while every connection has `depth` in flight. */
const createLine = (depth: number) => {
  const waiting: (() => void)[] = []
  let connections: readonly Connection[] = []
  const lostOne = (): Connection | undefined => connections.find((one) => one.lost() !== undefined)
  const stand = (signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const wake = (): void => {
        signal?.removeEventListener('abort', leave)
        resolve()
      }
      const leave = (): void => {
        waiting.splice(waiting.indexOf(wake), 1)
        resolve()
      }
      waiting.push(wake)
      signal?.addEventListener('abort', leave, { once: true })
    })
  const send = async (request: Request, signal?: AbortSignal): Promise<Pending['descriptors']> => {
    while (lostOne() === undefined && connections.every((one) => one.inFlight() >= depth)) {
      signal?.throwIfAborted()
      await stand(signal)
    }
    const best = connections.reduce((a, b) => (b.inFlight() < a.inFlight() ? b : a))
    return (lostOne() ?? best).send(request, signal)
  }
  return {
    advance(): void {
      if (lostOne() === undefined) waiting.shift()?.()
      else for (const wake of waiting.splice(0)) wake()
    },
    serve(opened: readonly Connection[]): typeof send {
      connections = opened
      return send
    },
  }
}

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

const zeros = Buffer.alloc(1024 * 1024)

const writeZeros = async (
  offset: number,
  length: number,
  write: (at: number, data: Buffer) => Promise<void>,
): Promise<void> => {
  for (let at = offset; at < offset + length; at += zeros.length)
    await write(at, zeros.subarray(0, Math.min(zeros.length, offset + length - at)))
}

/** The last descriptor may reach past what was asked: cut. Returns how far the disk is known now. */
const appendStatus = (
  extents: StatusExtent[],
  from: number,
  to: number,
  descriptors: Pending['descriptors'],
): number => {
  let at = from
  for (const { length, flags } of descriptors) {
    const end = Math.min(at + length, to)
    const hole = (flags & stateFlag.hole) !== 0
    const zero = (flags & stateFlag.zero) !== 0
    const last = extents.at(-1)
    if (last?.hole === hole && last.zero === zero)
      extents[extents.length - 1] = { ...last, length: end - last.offset }
    else if (end > at) extents.push({ offset: at, length: end - at, hole, zero })
    at = end
  }
  return at
}

const clip = (extents: readonly StatusExtent[], from: number, to: number): StatusExtent[] =>
  extents
    .map((extent) => {
      const offset = Math.max(extent.offset, from)
      return { ...extent, offset, length: Math.min(extent.offset + extent.length, to) - offset }
    })
    .filter((extent) => extent.length > 0)
