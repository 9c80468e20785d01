import { EndError, type EndOp } from '../errors.js'
import type { Side, WritableEnd } from '../end.js'
import { readStatus } from './block-status.js'
import { openConnection, type Connection, type ConnectionOptions } from './connection.js'
import { command, transmissionFlag } from './constants.js'
import type { Export } from './handshake.js'
import { createRequestLine } from './request-line.js'
import { describeAddress, type NbdAddress } from './address.js'

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

// A zero request may name up to 4 GiB; small ones keep answers prompt and cancels quick.
const maxZeroBytes = 32 * 1024 * 1024

/** Opens an export. Rejects with an EndError (op `open`); writes are refused where the server says read-only. */
export const openNbd = async (address: NbdAddress, options: NbdOptions): Promise<NbdEnd> => {
  const { exportName = '', side, signal, handshakeMs = 10_000, drainMs = 500, depth = 8 } = options
  const where = `nbd ${describeAddress(address)}${exportName === '' ? '' : ` export "${exportName}"`}`
  const line = createRequestLine(depth)
  const about = { exportName, side, where, handshakeMs, onFreed: line.advance, ...(signal ? { signal } : {}) }
  const connections = await openConnections(address, about, options.connections ?? 2)
  const { agreed } = connections[0]!
  const send = line.serve(connections)
  const { sizeBytes, minBlockBytes, maxBlockBytes } = agreed
  const has = (flag: number): boolean => (agreed.flags & flag) !== 0
  const fail: Fail = (op, offset, length, errno, detail) =>
    new EndError({ side, op, offset, length, errno, where, detail })
  const check = createCheck(agreed, fail)
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
      const known = await readStatus({ offset, length }, agreed, (at, asked) =>
        send({ command: command.blockStatus, op: 'status', offset: at, length: asked }, sig),
      )
      if (known === undefined) throw fail('status', offset, length, 'EPROTO', 'the server described nothing')
      return known
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
    [Symbol.asyncDispose]: async () => void (await Promise.all(connections.map((one) => one.close(drainMs)))),
  }
}

type Fail = (op: EndOp, offset: number, length: number, errno: string, detail: string) => EndError

/** One connection, and the others only where the server promises that flushes and writes are seen by all. */
const openConnections = async (
  address: NbdAddress,
  about: ConnectionOptions,
  wanted: number,
): Promise<Connection[]> => {
  const first = await openConnection(address, about)
  const more = (first.agreed.flags & transmissionFlag.canMultiConn) === 0 ? 0 : Math.max(0, wanted - 1)
  const opened = await Promise.allSettled(Array.from({ length: more }, () => openConnection(address, about)))
  const connections = [first, ...opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))]
  const failed = opened.find((one) => one.status === 'rejected')
  if (failed === undefined) return connections
  await Promise.all(connections.map((one) => one.close(0)))
  throw failed.reason
}

/** Refuses here what the server would refuse (or a careless server would not). */
const createCheck =
  ({ sizeBytes, minBlockBytes, flags }: Export, fail: Fail) =>
  (op: EndOp, offset: number, length: number): void => {
    if (!(offset >= 0 && length >= 0 && offset + length <= sizeBytes))
      throw fail(op, offset, length, 'EINVAL', `outside a disk of ${sizeBytes} bytes`)
    if (op !== 'write' && op !== 'zero') return
    if ((flags & transmissionFlag.readOnly) !== 0)
      throw fail(op, offset, length, 'EPERM', 'the export is read-only')
    if (offset % minBlockBytes !== 0 || length % minBlockBytes !== 0)
      throw fail(op, offset, length, 'EINVAL', `not aligned to the server's ${minBlockBytes} bytes`)
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
