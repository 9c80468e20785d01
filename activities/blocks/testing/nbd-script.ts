import type { Peer } from './scripted-server.js'

/** Words of the NBD protocol for scripted servers, written from its document and not from our client. */

const ofBytes =
  (size: 2 | 4 | 8) =>
  (value: number): Buffer => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64BE(BigInt(value))
    return bytes.subarray(8 - size)
  }
export const u16 = ofBytes(2)
export const u32 = ofBytes(4)
export const u64 = ofBytes(8)

export const reply = {
  ack: 1,
  server: 2,
  info: 3,
  metaContext: 4,
  unsupported: 0x80000001,
  tlsRequired: 0x80000005,
} as const

export const greet = async (peer: Peer, flags = 3): Promise<void> => {
  peer.send(Buffer.from('NBDMAGICIHAVEOPT'), u16(flags))
  await peer.take(4)
}

export const takeOption = async (peer: Peer): Promise<{ code: number; data: Buffer }> => {
  const head = await peer.take(16)
  if (head.toString('latin1', 0, 8) !== 'IHAVEOPT') throw new Error('the client sent no option')
  return { code: head.readUInt32BE(8), data: await peer.take(head.readUInt32BE(12)) }
}

export const answer = (code: number, type: number, data: Buffer = Buffer.alloc(0)): Buffer =>
  Buffer.concat([Buffer.from('0003e889045565a9', 'hex'), u32(code), u32(type), u32(data.length), data])

export interface ScriptedExport {
  readonly sizeBytes: number
  readonly flags?: number
  readonly style?: 'simple' | 'structured' | 'extended'
  /** Minimum, preferred and maximum. */
  readonly blocks?: readonly [number, number, number]
  /** Names of meta contexts; the number of each is 100 and its place. */
  readonly contexts?: readonly string[]
}

/** Answers options until GO; returns the codes of all options that came. */
export const serveOptions = async (
  peer: Peer,
  { sizeBytes, flags = 1, style = 'structured', blocks, contexts = [] }: ScriptedExport,
): Promise<number[]> => {
  const seen: number[] = []
  const styles = { simple: [], structured: [8], extended: [8, 11] }[style] as number[]
  await greet(peer)
  for (;;) {
    const { code, data } = await takeOption(peer)
    seen.push(code)
    if (code === 10) {
      const chosen = contexts.map((name, i) => [name, 100 + i] as const)
      for (const [name, id] of chosen.filter(([one]) => data.includes(one)))
        peer.send(answer(code, reply.metaContext, Buffer.concat([u32(id), Buffer.from(name)])))
      peer.send(answer(code, reply.ack))
    } else if (code === 7) {
      if (blocks) peer.send(answer(code, reply.info, Buffer.concat([u16(3), ...blocks.map(u32)])))
      peer.send(answer(code, reply.info, Buffer.concat([u16(0), u64(sizeBytes), u16(flags)])))
      peer.send(answer(code, reply.ack))
      return seen
    } else peer.send(answer(code, styles.includes(code) ? reply.ack : reply.unsupported))
  }
}

export interface ScriptedRequest {
  readonly flags: number
  readonly command: number
  readonly handle: Buffer
  readonly offset: number
  readonly length: number
  readonly payload: Buffer
}

export const takeRequest = async (peer: Peer): Promise<ScriptedRequest> => {
  const kind = (await peer.take(4)).toString('hex')
  if (kind !== '25609513' && kind !== '21e41c71') throw new Error(`the client sent a request of kind ${kind}`)
  const isExtended = kind === '21e41c71'
  const head = await peer.take(isExtended ? 28 : 24)
  const [flags, command] = [head.readUInt16BE(0), head.readUInt16BE(2)]
  const length = isExtended ? Number(head.readBigUInt64BE(20)) : head.readUInt32BE(20)
  const hasPayload = isExtended ? (flags & 32) !== 0 : command === 1
  return {
    flags,
    command,
    length,
    handle: Buffer.from(head.subarray(4, 12)),
    offset: Number(head.readBigUInt64BE(12)),
    payload: await peer.take(hasPayload ? length : 0),
  }
}

export const simpleReply = ({ handle }: Pick<ScriptedRequest, 'handle'>, error = 0): Buffer =>
  Buffer.concat([u32(0x67446698), u32(error), handle])

export interface ScriptedChunk {
  readonly type: number
  readonly isDone?: boolean
  readonly data?: Buffer
  /** Where it differs from the length of the data. */
  readonly length?: number
}

export const structuredChunk = (
  { handle }: Pick<ScriptedRequest, 'handle'>,
  { type, isDone = false, data = Buffer.alloc(0), length = data.length }: ScriptedChunk,
): Buffer => Buffer.concat([u32(0x668e33ef), u16(isDone ? 1 : 0), u16(type), handle, u32(length), data])

export const extendedChunk = (
  { handle, offset }: Pick<ScriptedRequest, 'handle' | 'offset'>,
  { type, isDone = false, data = Buffer.alloc(0), length = data.length }: ScriptedChunk,
): Buffer =>
  Buffer.concat([u32(0x6e8a278c), u16(isDone ? 1 : 0), u16(type), handle, u64(offset), u64(length), data])

/** Error chunk; with an offset of its own where one is given. */
export const errorChunk = (error: number, text = '', offset?: number): ScriptedChunk => {
  const data = Buffer.concat([u32(error), u16(text.length), Buffer.from(text)])
  if (offset === undefined) return { type: 0x8001, isDone: true, data }
  return { type: 0x8002, isDone: true, data: Buffer.concat([data, u64(offset)]) }
}

export const dataChunk = (offset: number, data: Buffer, isDone = false): ScriptedChunk => ({
  type: 1,
  isDone,
  data: Buffer.concat([u64(offset), data]),
})
