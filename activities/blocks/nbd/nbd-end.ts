import { EndError, type EndOp } from '../errors.js'
import { describeAddress, type NbdAddress } from './address.js'
import { createAligned } from './aligned-requests.js'
import { readStatus } from './block-status.js'
import { command, stateFlag } from './constants.js'
import { allocation, type Agreed } from './handshake.js'
import { readFlags } from './nbd-flags.js'
import type { ContextExtent, NbdEnd, NbdFlags, NbdOptions } from './nbd-options.js'
import { openConnections } from './open-connections.js'
import { createRequestLine } from './request-line.js'
import { onWholeBlocks } from './whole-blocks.js'

export type { NbdEnd, NbdOptions } from './nbd-options.js'

const MiB = 1024 * 1024
// A request may name up to 4 GiB; smaller ones keep answers prompt and cancels quick. Extended headers have no such
// bound, and servers answer for as much as they like to.
const maxStatusBytes = { simple: 1024 * MiB, structured: 1024 * MiB, extended: MiB * MiB }

/** Opens an export. Rejects with an EndError (op `open`); writes are refused where the server says read-only. */
export const openNbd = async (address: NbdAddress, options: NbdOptions): Promise<NbdEnd> => {
  const { exportName = '', side, signal, handshakeMs = 10_000, drainMs = 500, depth = 8 } = options
  const { places, contexts = [] } = options
  const where = `nbd ${describeAddress(address)}${exportName === '' ? '' : ` export "${exportName}"`}`
  const line = createRequestLine(depth)
  const about = { exportName, side, where, handshakeMs, contexts, onFreed: line.advance }
  const connections = await openConnections(
    address,
    { ...about, ...(signal ? { signal } : {}) },
    { connections: options.connections ?? 4, ...(places ? { places } : {}) },
  )
  const { agreed } = connections[0]!
  const send = line.serve(connections)
  const { sizeBytes, minBlockBytes, preferredBlockBytes, maxBlockBytes } = agreed
  const flags = readFlags(agreed.flags)
  const fail: Fail = (op, offset, length, errno, detail) =>
    new EndError({ side, op, offset, length, errno, where, detail })
  const check = createCheck(agreed, flags, fail)
  const whole = onWholeBlocks(agreed, createAligned(agreed, flags, send))
  const readInto = async (offset: number, into: Buffer, sig?: AbortSignal): Promise<void> => {
    check('read', offset, into.length)
    await whole.read(offset, into, sig)
  }
  const contextStatus: NbdEnd['contextStatus'] = async (context, offset, length, sig) => {
    check('status', offset, length)
    if (!agreed.contexts.has(context))
      throw fail('status', offset, length, 'EINVAL', `meta context "${context}" was not agreed on at open`)
    const limits = { minBlockBytes, sizeBytes, maxBytes: maxStatusBytes[agreed.replies] }
    const known = await readStatus({ offset, length }, limits, (at, asked) =>
      send({ command: command.blockStatus, op: 'status', offset: at, length: asked, context }, sig),
    )
    if (known === undefined) throw fail('status', offset, length, 'EPROTO', 'the server described nothing')
    return known
  }
  return {
    ...flags,
    sizeBytes,
    minBlockBytes,
    preferredBlockBytes,
    maxBlockBytes,
    replies: agreed.replies,
    cipher: agreed.cipher,
    describe: where,
    connections: connections.length,
    hasBlockStatus: agreed.contexts.has(allocation),
    bytesMoved: () => connections.reduce((sum, one) => sum + one.bytesMoved(), 0),
    readInto,
    contextStatus,
    async read(offset, length, sig) {
      check('read', offset, length)
      const into = Buffer.allocUnsafeSlow(length)
      await whole.read(offset, into, sig)
      return into
    },
    async write(offset, data, sig) {
      check('write', offset, data.length)
      await whole.write(offset, data, sig)
    },
    async status(offset, length, sig) {
      if (agreed.contexts.has(allocation))
        return (await contextStatus(allocation, offset, length, sig)).map(asStatus)
      check('status', offset, length)
      return length === 0 ? [] : [{ offset, length, hole: false, zero: false }]
    },
    async zero(offset, length, sig) {
      check('zero', offset, length)
      await whole.zero(offset, length, sig)
    },
    async flush(sig) {
      // A server without FLUSH promises that completed writes are durable (or has no durability to offer).
      if (flags.canFlush) await send({ command: command.flush, op: 'flush', offset: 0, length: 0 }, sig)
    },
    [Symbol.asyncDispose]: async () => void (await Promise.all(connections.map((one) => one.close(drainMs)))),
  }
}

type Fail = (op: EndOp, offset: number, length: number, errno: string, detail: string) => EndError

const asStatus = ({ offset, length, flags }: ContextExtent) => ({
  offset,
  length,
  hole: (flags & stateFlag.hole) !== 0,
  zero: (flags & stateFlag.zero) !== 0,
})

/** Refuses here what the server would refuse (or a careless server would not). */
const createCheck =
  ({ sizeBytes }: Agreed, { readOnly }: NbdFlags, fail: Fail) =>
  (op: EndOp, offset: number, length: number): void => {
    if (!(offset >= 0 && length >= 0 && offset + length <= sizeBytes))
      throw fail(op, offset, length, 'EINVAL', `outside a disk of ${sizeBytes} bytes`)
    if (readOnly && (op === 'write' || op === 'zero'))
      throw fail(op, offset, length, 'EPERM', 'the export is read-only')
  }
