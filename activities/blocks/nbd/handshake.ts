import type { Side } from '../end.js'
import type { NbdAddress } from './address.js'
import { defaultBlocks, goRequest, readInfos, type BlockSizes } from './export-info.js'
import { option, optionReply } from './constants.js'
import { createOptionTalk, isAck, refusalOf, sized, type Greeting, type OptionTalk } from './option-talk.js'
import { loadCredentials } from './tls-credentials.js'
import type { Wire } from './wire.js'

export type ReplyStyle = 'simple' | 'structured' | 'extended'

/** What was agreed with the server for one connection. */
export interface Agreed extends BlockSizes {
  readonly sizeBytes: number
  readonly flags: number
  readonly replies: ReplyStyle
  /** Of the TLS connection. */
  readonly cipher: string | undefined
  /** Ids of the meta contexts that the server takes questions about, by name. */
  readonly contexts: ReadonlyMap<string, number>
}

export interface HandshakeOptions {
  readonly exportName: string
  readonly side: Side
  readonly where: string
  /** Meta contexts that must be there, beside `base:allocation`, which may. */
  readonly contexts?: readonly string[]
}

export const allocation = 'base:allocation'

/** Negotiates up to the transmission phase with whatever handshake the server speaks. */
export const shakeHands = async (
  wire: Wire,
  address: NbdAddress,
  { exportName, side, where, contexts: wanted = [] }: HandshakeOptions,
): Promise<Agreed> => {
  const { talk, greeting, cipher } = await beginTalk(wire, address, { side, where })
  if (greeting !== 'fixed') return byName(talk, greeting, exportName, wanted)

  const replies = await askReplies(talk)
  const contexts = replies === 'simple' ? noContexts : await askContexts(talk, exportName, wanted)
  const answers = await talk.ask(option.go, goRequest(exportName))
  if (isAck(answers)) {
    requireContexts(talk, contexts, wanted)
    return { ...readInfos(answers, talk.error), replies, contexts, cipher }
  }
  if (answers.at(-1)?.type === optionReply.unsupported && replies !== 'extended') {
    requireContexts(talk, contexts, wanted)
    return { ...(await byName(talk, 'plain', exportName, [])), replies, contexts, cipher }
  }
  const { errno, text } = refusalOf(answers)
  throw talk.error(errno, `export "${exportName}": ${text}`)
}

const noContexts: ReadonlyMap<string, number> = new Map()

/** Greets, and where the address asks for TLS goes on with nothing else. */
export const beginTalk = async (
  wire: Wire,
  address: NbdAddress,
  about: { side: Side; where: string },
): Promise<{ talk: OptionTalk; greeting: Greeting; cipher: string | undefined }> => {
  const talk = createOptionTalk(wire, about)
  const credentials = address.tls && (await loadCredentials(address.tls, address))
  const greeting = await talk.greet()
  if (credentials === undefined) return { talk, greeting, cipher: undefined }
  if (greeting !== 'fixed')
    throw talk.error('ENOTSUP', 'TLS was asked for, and this server is too old to have it')
  const replies = await talk.ask(option.startTls)
  if (!isAck(replies))
    throw talk.error('ENOTSUP', `TLS was asked for, and the server has none: ${refusalOf(replies).text}`)
  const cipher = await wire.secure(credentials)
  return { talk, greeting, cipher }
}

/** The best style of replies that the server has. */
export const askReplies = async (talk: OptionTalk): Promise<ReplyStyle> => {
  if (isAck(await talk.ask(option.extendedHeaders))) return 'extended'
  return isAck(await talk.ask(option.structuredReply)) ? 'structured' : 'simple'
}

/** Old style and plain newstyle: a size and flags are all one learns. */
const byName = async (
  talk: OptionTalk,
  greeting: Greeting,
  exportName: string,
  wanted: readonly string[],
): Promise<Agreed> => {
  if (greeting === 'old' && exportName !== '')
    throw talk.error(
      'ENOENT',
      `export "${exportName}": the server is old-style and has one export without a name`,
    )
  const about = greeting === 'old' ? await talk.oldExport() : await talk.exportByName(exportName)
  requireContexts(talk, noContexts, wanted)
  return { ...about, ...defaultBlocks, replies: 'simple', contexts: noContexts, cipher: undefined }
}

const askContexts = async (
  talk: OptionTalk,
  exportName: string,
  wanted: readonly string[],
): Promise<ReadonlyMap<string, number>> => {
  const names = [...new Set([allocation, ...wanted])]
  const replies = await talk.ask(option.setMetaContext, contextRequest(exportName, names))
  if (!isAck(replies)) return noContexts
  const found = replies.filter(({ type, data }) => type === optionReply.metaContext && data.length > 4)
  return new Map(found.map(({ data }) => [data.toString('utf8', 4), data.readUInt32BE(0)]))
}

export const contextRequest = (exportName: string, queries: readonly string[]): Buffer => {
  const count = Buffer.alloc(4)
  count.writeUInt32BE(queries.length)
  return Buffer.concat([sized(exportName), count, ...queries.map(sized)])
}

const requireContexts = (
  talk: OptionTalk,
  contexts: ReadonlyMap<string, number>,
  wanted: readonly string[],
): void => {
  const missing = wanted.find((name) => !contexts.has(name))
  if (missing !== undefined)
    throw talk.error('ENOENT', `the server has no meta context "${missing}" for this export`)
}
