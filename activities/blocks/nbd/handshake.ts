import { EndError } from '../errors.js'
import type { Side } from '../end.js'
import { handshakeFlag, info, magic, option, optionError, optionReply } from './constants.js'
import type { Wire } from './wire.js'

/** What was agreed with the server for one connection. */
export interface Export {
  readonly sizeBytes: number
  readonly flags: number
  readonly structuredReplies: boolean
  /** Id of `base:allocation`; undefined = the server has no block status. */
  readonly allocationContext: number | undefined
  readonly minBlockBytes: number
  readonly maxBlockBytes: number
}

interface OptionReply {
  readonly type: number
  readonly data: Buffer
}

// What a client must assume of a server that states no block sizes (protocol: 512 to be safe; 32 MiB payloads).
// Servers without block sizes in the field (old nbdkit, nbd-server) take any offset, so 1 is right here.
const defaultMinBlockBytes = 1
const defaultMaxBlockBytes = 32 * 1024 * 1024
const maxReplyBytes = 64 * 1024

/** Fixed newstyle negotiation up to the transmission phase; falls back to EXPORT_NAME. */
export const shakeHands = async (
  wire: Wire,
  { exportName, side, where }: { exportName: string; side: Side; where: string },
): Promise<Export> => {
  const talk = createTalk(wire, (errno, detail) => openError(side, where, errno, detail))
  const isFixed = await talk.greet()
  if (!isFixed) return talk.exportByName(exportName)

  const structuredReplies = (await talk.ask(option.structuredReply, Buffer.alloc(0))).at(-1)?.type === 1
  const allocationContext = structuredReplies ? await askAllocation(talk, exportName) : undefined
  const replies = await talk.ask(option.go, goRequest(exportName))
  const last = replies.at(-1)
  if (last?.type === optionReply.ack)
    return { ...readInfos(replies, talk), structuredReplies, allocationContext }
  if (last?.type === 0x80000001)
    return { ...(await talk.exportByName(exportName)), structuredReplies, allocationContext }
  const refusal = optionError[last?.type ?? 0] ?? { errno: 'EPROTO', text: 'the server answered nonsense' }
  throw talk.error(refusal.errno, `export "${exportName}": ${refusal.text}${said(last?.data)}`)
}

export const openError = (side: Side, where: string, errno: string, detail: string): EndError =>
  new EndError({ side, op: 'open', offset: 0, length: 0, errno, where, detail })

const said = (data: Buffer | undefined): string =>
  data === undefined || data.length === 0
    ? ''
    : ` (${data
        .toString('utf8')
        .replace(/[^\x20-\x7e]/g, '?')
        .slice(0, 200)})`

type Talk = ReturnType<typeof createTalk>

const createTalk = (wire: Wire, error: (errno: string, detail: string) => EndError) => {
  let hasNoZeroes = false
  const take = (bytes: number): Promise<Buffer> =>
    new Promise((resolve) => {
      const buffer = Buffer.alloc(bytes)
      wire.receive(buffer, () => resolve(buffer))
    })
  const send = (code: number, data: Buffer): void => {
    const head = Buffer.alloc(16)
    head.writeBigUInt64BE(magic.option, 0)
    head.writeUInt32BE(code, 8)
    head.writeUInt32BE(data.length, 12)
    wire.send(head, data)
  }
  const takeReply = async (code: number): Promise<OptionReply> => {
    const head = await take(20)
    const length = head.readUInt32BE(16)
    if (
      head.readBigUInt64BE(0) !== magic.optionReply ||
      head.readUInt32BE(8) !== code ||
      length > maxReplyBytes
    )
      throw error('EPROTO', `bad reply to option ${code}`)
    return { type: head.readUInt32BE(12), data: length > 0 ? await take(length) : Buffer.alloc(0) }
  }
  return {
    error,
    /** Returns whether the server speaks *fixed* newstyle, that is, answers options it does not know. */
    async greet(): Promise<boolean> {
      const head = await take(16)
      if (head.readBigUInt64BE(0) !== magic.init) throw error('EPROTO', 'this is not an NBD server')
      if (head.readBigUInt64BE(8) === magic.oldStyle)
        throw error('ENOTSUP', 'the server speaks the old-style protocol, which names no exports')
      if (head.readBigUInt64BE(8) !== magic.option) throw error('EPROTO', 'unknown NBD greeting')
      const flags = (await take(2)).readUInt16BE(0)
      hasNoZeroes = (flags & handshakeFlag.noZeroes) !== 0
      const answer = Buffer.alloc(4)
      answer.writeUInt32BE(flags & (handshakeFlag.fixedNewstyle | handshakeFlag.noZeroes))
      wire.send(answer)
      return (flags & handshakeFlag.fixedNewstyle) !== 0
    },
    /** Sends an option and collects its replies up to the final ACK or error. */
    async ask(code: number, data: Buffer): Promise<OptionReply[]> {
      send(code, data)
      const replies: OptionReply[] = []
      for (;;) {
        const reply = await takeReply(code)
        replies.push(reply)
        if (reply.type === optionReply.ack || reply.type >= optionReply.errorBit) return replies
        if (replies.length > 64) throw error('EPROTO', `endless reply to option ${code}`)
      }
    },
    async exportByName(exportName: string): Promise<Export> {
      send(option.exportName, Buffer.from(exportName))
      const reply = await take(hasNoZeroes ? 10 : 134)
      return {
        sizeBytes: Number(reply.readBigUInt64BE(0)),
        flags: reply.readUInt16BE(8),
        structuredReplies: false,
        allocationContext: undefined,
        minBlockBytes: defaultMinBlockBytes,
        maxBlockBytes: defaultMaxBlockBytes,
      }
    },
  }
}

const sized = (text: string): Buffer => {
  const bytes = Buffer.from(text)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

const goRequest = (exportName: string): Buffer => {
  const infos = Buffer.alloc(4)
  infos.writeUInt16BE(1, 0)
  infos.writeUInt16BE(info.blockSize, 2)
  return Buffer.concat([sized(exportName), infos])
}

const askAllocation = async (talk: Talk, exportName: string): Promise<number | undefined> => {
  const one = Buffer.from([0, 0, 0, 1])
  const query = Buffer.concat([sized(exportName), one, sized('base:allocation')])
  const replies = await talk.ask(option.setMetaContext, query)
  const found = replies.find((reply) => reply.type === optionReply.metaContext && reply.data.length > 4)
  return replies.at(-1)?.type === optionReply.ack ? found?.data.readUInt32BE(0) : undefined
}

const readInfos = (replies: readonly OptionReply[], talk: Talk) => {
  const ofKind = (kind: number, bytes: number): Buffer | undefined =>
    replies.find(
      (r) => r.type === optionReply.info && r.data.length >= bytes && r.data.readUInt16BE(0) === kind,
    )?.data
  const about = ofKind(info.export, 12)
  if (about === undefined) throw talk.error('EPROTO', 'the server did not say the size of the export')
  const block = ofKind(info.blockSize, 14)
  return {
    sizeBytes: Number(about.readBigUInt64BE(2)),
    flags: about.readUInt16BE(10),
    minBlockBytes: Math.max(block?.readUInt32BE(2) ?? defaultMinBlockBytes, 1),
    maxBlockBytes: Math.min(block?.readUInt32BE(10) ?? defaultMaxBlockBytes, defaultMaxBlockBytes),
  }
}
