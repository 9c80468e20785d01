import { describeAddress, type NbdAddress } from './address.js'
import { info, option, optionReply } from './constants.js'
import { defaultBlocks, findInfo, goRequest, readInfos, type BlockSizes } from './export-info.js'
import { askReplies, beginTalk, contextRequest, type ReplyStyle } from './handshake.js'
import { readFlags } from './nbd-flags.js'
import type { NbdFlags } from './nbd-options.js'
import { openTalk } from './open-talk.js'
import { isAck, refusalOf, type OptionReply, type OptionTalk } from './option-talk.js'

export interface NbdExportDetails extends NbdFlags, BlockSizes {
  readonly sizeBytes: number
  /** Names of the meta contexts that the server offers for it. */
  readonly contexts: readonly string[]
}

export interface NbdExport {
  readonly name: string
  readonly description: string | undefined
  /** Undefined where the server tells none; `problem` is then its reason. */
  readonly details: NbdExportDetails | undefined
  readonly problem: string | undefined
}

export interface ListOptions {
  readonly signal?: AbortSignal
  readonly handshakeMs?: number
}

/** The exports of a server, with all that it tells of each. Rejects with an EndError of op `open`. */
export const listExports = async (
  address: NbdAddress,
  { signal, handshakeMs = 10_000 }: ListOptions = {},
): Promise<NbdExport[]> => {
  const about = { side: 'source', where: `nbd ${describeAddress(address)}` } as const
  const options = { ...about, handshakeMs, ...(signal ? { signal } : {}) }
  const { wire, result } = await openTalk(
    address,
    options,
    () => {},
    async (one) => {
      const { talk, greeting } = await beginTalk(one, address, about)
      if (greeting === 'old') return [oldExport(await talk.oldExport())]
      if (greeting === 'plain')
        throw talk.error('ENOTSUP', 'the server is too old to say which exports it has')
      const exports = await askAll(talk)
      talk.send(option.abort, Buffer.alloc(0))
      return exports
    },
  )
  await wire.close(closeMs)
  return result
}

// The server need not answer the goodbye, and one that is stopped never will.
const closeMs = 300

const oldExport = ({ sizeBytes, flags }: { sizeBytes: number; flags: number }): NbdExport => ({
  name: '',
  description: undefined,
  details: { sizeBytes, ...readFlags(flags), ...defaultBlocks, contexts: [] },
  problem: undefined,
})

const askAll = async (talk: OptionTalk): Promise<NbdExport[]> => {
  const replies = await talk.ask(option.list)
  if (!isAck(replies)) {
    const { errno, text } = refusalOf(replies)
    throw talk.error(errno, `the list of exports: ${text}`)
  }
  const style = await askReplies(talk)
  const exports: NbdExport[] = []
  for (const { type, data } of replies)
    if (type === optionReply.server) exports.push(await askOne(talk, style, readName(talk, data)))
  return exports
}

type Named = Pick<NbdExport, 'name' | 'description'>

/** Length of the name, name, and for those who have one a description. */
const readName = (talk: OptionTalk, data: Buffer): Named => {
  const end = data.length < 4 ? Infinity : 4 + data.readUInt32BE(0)
  if (end > data.length) throw talk.error('EPROTO', 'the list of exports has a name longer than itself')
  return {
    name: data.toString('utf8', 4, end),
    description: end === data.length ? undefined : data.toString('utf8', end),
  }
}

const askOne = async (talk: OptionTalk, style: ReplyStyle, named: Named): Promise<NbdExport> => {
  const wanted = [info.name, info.description, info.blockSize]
  const replies = await talk.ask(option.info, goRequest(named.name, wanted))
  if (!isAck(replies)) return { ...named, details: undefined, problem: refusalOf(replies).text }
  const { sizeBytes, flags, ...blocks } = readInfos(replies, talk.error)
  const contexts = style === 'simple' ? [] : await askContextNames(talk, named.name)
  const description = findInfo(replies, info.description, 2)?.toString('utf8', 2) ?? named.description
  return {
    ...named,
    description,
    details: { sizeBytes, ...readFlags(flags), ...blocks, contexts },
    problem: undefined,
  }
}

const askContextNames = async (talk: OptionTalk, exportName: string): Promise<string[]> => {
  const replies: OptionReply[] = await talk.ask(option.listMetaContext, contextRequest(exportName, []))
  return replies
    .filter(({ type, data }) => type === optionReply.metaContext && data.length > 4)
    .map(({ data }) => data.toString('utf8', 4))
}
