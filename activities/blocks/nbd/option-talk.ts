import { EndError } from '../errors.js'
import type { Side } from '../end.js'
import { handshakeFlag, magic, optionError, optionReply } from './constants.js'
import type { Wire } from './wire.js'

export interface OptionReply {
  readonly type: number
  readonly data: Buffer
}

/** Which handshake the server speaks: `old` has one export and no options, `plain` can only be told a name. */
export type Greeting = 'old' | 'plain' | 'fixed'

export type OptionTalk = ReturnType<typeof createOptionTalk>

// Generous: lists of exports and of bitmaps are the longest answers there are.
const maxReplyBytes = 64 * 1024
const maxRepliesBytes = 16 * 1024 * 1024

/** The words of the negotiation: greeting, options, and their answers. Rejects with EndErrors of op `open`. */
export const createOptionTalk = (wire: Wire, { side, where }: { side: Side; where: string }) => {
  let hasNoZeroes = false
  const error = (errno: string, detail: string): EndError =>
    new EndError({ side, op: 'open', offset: 0, length: 0, errno, where, detail })
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
    const isOurs = head.readBigUInt64BE(0) === magic.optionReply && head.readUInt32BE(8) === code
    if (!isOurs || length > maxReplyBytes) throw error('EPROTO', `bad reply to option ${code}`)
    return { type: head.readUInt32BE(12), data: length > 0 ? await take(length) : Buffer.alloc(0) }
  }
  const sizeAndFlags = (reply: Buffer) => ({
    sizeBytes: readSize(reply, 0, error),
    flags: reply.readUInt16BE(8),
  })
  return {
    error,
    send,
    async greet(): Promise<Greeting> {
      const head = await take(16)
      if (head.readBigUInt64BE(0) !== magic.init) throw error('EPROTO', 'this is not an NBD server')
      if (head.readBigUInt64BE(8) === magic.oldStyle) return 'old'
      if (head.readBigUInt64BE(8) !== magic.option) throw error('EPROTO', 'unknown NBD greeting')
      const flags = (await take(2)).readUInt16BE(0)
      hasNoZeroes = (flags & handshakeFlag.noZeroes) !== 0
      const answer = Buffer.alloc(4)
      answer.writeUInt32BE(flags & (handshakeFlag.fixedNewstyle | handshakeFlag.noZeroes))
      wire.send(answer)
      return (flags & handshakeFlag.fixedNewstyle) !== 0 ? 'fixed' : 'plain'
    },
    /** Sends an option and collects its replies up to the final ACK or error. */
    async ask(code: number, data: Buffer = Buffer.alloc(0)): Promise<OptionReply[]> {
      send(code, data)
      const replies: OptionReply[] = []
      for (let bytes = 0; bytes <= maxRepliesBytes;) {
        const reply = await takeReply(code)
        replies.push(reply)
        if (reply.type === optionReply.ack || reply.type >= optionReply.errorBit) return replies
        bytes += 20 + reply.data.length
      }
      throw error('EPROTO', `endless reply to option ${code}`)
    },
    /** The option that nobody can answer with a reason: a server without the export hangs up. */
    async exportByName(exportName: string) {
      send(1, Buffer.from(exportName))
      return sizeAndFlags(await take(hasNoZeroes ? 10 : 134))
    },
    /** The rest of an old-style greeting: size, 16 bits of nothing, the export's flags, 124 zeros. */
    async oldExport() {
      const reply = await take(8 + 4 + 124)
      return { sizeBytes: readSize(reply, 0, error), flags: reply.readUInt16BE(10) }
    },
  }
}

/** Sizes beyond 2^53 are no disks: refused rather than rounded. */
export const readSize = (
  from: Buffer,
  at: number,
  error: (errno: string, detail: string) => EndError,
): number => {
  const size = Number(from.readBigUInt64BE(at))
  if (!Number.isSafeInteger(size))
    throw error('EPROTO', 'the server names a size that cannot be: 2^53 bytes or more')
  return size
}

export const isAck = (replies: readonly OptionReply[]): boolean => replies.at(-1)?.type === optionReply.ack

/** Why an option was refused: errno, and the server's own words in so far as they can be printed. */
export const refusalOf = (replies: readonly OptionReply[]): { errno: string; text: string } => {
  const last = replies.at(-1)
  const known = optionError[last?.type ?? 0] ?? {
    errno: 'EPROTO',
    text: 'the server answered with an unknown error',
  }
  return { errno: known.errno, text: `${known.text}${said(last?.data)}` }
}

const said = (data: Buffer | undefined): string =>
  data === undefined || data.length === 0 ? '' : ` (${printable(data)})`

export const printable = (data: Buffer): string =>
  data
    .toString('utf8')
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, 200)

/** A string with its length before it, as options carry them. */
export const sized = (text: string): Buffer => {
  const bytes = Buffer.from(text)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}
