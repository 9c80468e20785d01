import { parseArgs, type ParseArgsConfig } from 'node:util'

import { parseEndUri } from '../open-end.js'
import { commandNames, type CommandName } from './help.js'
import { UsageError } from './usage-error.js'

export interface CopyArguments {
  readonly command: 'copy'
  readonly from: string
  readonly to: string
  readonly digests: string | undefined
  readonly over: readonly string[]
  readonly checkpoint: string | undefined
  readonly extents: string | undefined
  readonly isFresh: boolean
  readonly bytesPerSecond: number | undefined
  readonly stallMs: number
  readonly json: boolean
}

export interface VerifyArguments {
  readonly command: 'verify'
  readonly uri: string
  readonly digests: readonly string[]
  readonly max: number
  readonly stallMs: number
  readonly json: boolean
}

export interface CompareArguments {
  readonly command: 'compare'
  readonly a: string
  readonly b: string
  readonly ignoreZeroTail: boolean
  readonly max: number
  readonly stallMs: number
  readonly json: boolean
}

export interface InfoArguments {
  readonly command: 'info'
  readonly uri: string
  readonly lookMs: number
  readonly json: boolean
}

export type Arguments =
  | CopyArguments
  | VerifyArguments
  | CompareArguments
  | InfoArguments
  | { readonly command: 'help'; readonly about: CommandName | undefined }

const MiB = 1024 * 1024
const text = { type: 'string' } as const
const flag = { type: 'boolean', default: false } as const

/** Reads and judges the whole command line; throws a UsageError. Touches nothing. */
export const readArguments = (words: readonly string[]): Arguments => {
  const [name, ...rest] = words
  if (name === '--help' || name === '-h' || name === 'help') return { command: 'help', about: undefined }
  const command = commandNames.find((one) => one === name)
  if (command === undefined) {
    const problem = name === undefined ? 'A command is missing' : `There is no command ${name}`
    throw new UsageError(`${problem}: there are ${commandNames.join(', ')}, and --help.`)
  }
  if (rest.includes('--help') || rest.includes('-h')) return { command: 'help', about: command }
  return readers[command](rest)
}

const readCopy = (words: readonly string[]): CopyArguments => {
  const { values, positionals } = parse('copy', words, {
    digests: text,
    over: { type: 'string', multiple: true },
    checkpoint: text,
    extents: text,
    fresh: flag,
    rate: text,
    stall: text,
    json: flag,
  })
  const [from, to] = takeUris('copy', positionals, ['<from>', '<to>'])
  const { digests, over = [], checkpoint, extents, fresh: isFresh, json } = values
  if (isFresh && over.length > 0)
    throw new UsageError('--fresh and --over exclude each other: a disk that lies over another is not zero.')
  if (digests !== undefined && extents !== undefined && over.length === 0 && !isFresh)
    throw new UsageError(
      'Digests of some areas need to know the rest: add --over FILE, or --fresh where it reads as zeros.',
    )
  const files = [digests, checkpoint, extents, ...over].filter((file) => file !== undefined)
  if (new Set([...files, from, to]).size < files.length + 2)
    throw new UsageError('The same name stands for two things: each disk and file needs its own.')
  const bytesPerSecond = values.rate === undefined ? undefined : positive('--rate', values.rate) * MiB
  const stallMs = readStall(values.stall)
  return {
    command: 'copy',
    from,
    to,
    digests,
    over,
    checkpoint,
    extents,
    isFresh,
    bytesPerSecond,
    stallMs,
    json,
  }
}

const readVerify = (words: readonly string[]): VerifyArguments => {
  const { values, positionals } = parse('verify', words, { max: text, stall: text, json: flag })
  const [uri, ...digests] = positionals
  if (uri === undefined || digests.length === 0)
    throw new UsageError('verify takes <uri> and one <digest-file> or more (see verify --help).')
  checkUri(uri)
  return {
    command: 'verify',
    uri,
    digests,
    max: whole('--max', values.max ?? '1000'),
    stallMs: readStall(values.stall),
    json: values.json,
  }
}

const readCompare = (words: readonly string[]): CompareArguments => {
  const { values, positionals } = parse('compare', words, {
    'ignore-zero-tail': flag,
    max: text,
    stall: text,
    json: flag,
  })
  const [a, b] = takeUris('compare', positionals, ['<a>', '<b>'])
  return {
    command: 'compare',
    a,
    b,
    ignoreZeroTail: values['ignore-zero-tail'],
    max: whole('--max', values.max ?? '100'),
    stallMs: readStall(values.stall),
    json: values.json,
  }
}

const readInfo = (words: readonly string[]): InfoArguments => {
  const { values, positionals } = parse('info', words, { seconds: text, json: flag })
  const [uri] = takeUris('info', positionals, ['<uri>'])
  const lookMs = positive('--seconds', values.seconds ?? '10') * 1000
  return { command: 'info', uri, lookMs, json: values.json }
}

const readers = { copy: readCopy, verify: readVerify, compare: readCompare, info: readInfo } as const

const parse = <T extends NonNullable<ParseArgsConfig['options']>>(
  command: CommandName,
  words: readonly string[],
  options: T,
) => {
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true })
  } catch (error) {
    // Node's sentence goes on with advice about words that begin with a dash.
    const [first] = (error as Error).message.split('. ')
    throw new UsageError(`${first} (see ${command} --help).`)
  }
}

const takeUris = <T extends readonly string[]>(
  command: CommandName,
  given: readonly string[],
  wanted: readonly [...T],
): { [K in keyof T]: string } => {
  if (given.length !== wanted.length)
    throw new UsageError(
      `${command} takes ${wanted.join(' and ')}, and was given ${given.length} (see ${command} --help).`,
    )
  given.forEach(checkUri)
  return given as unknown as { [K in keyof T]: string }
}

const checkUri = (uri: string): void => {
  try {
    parseEndUri(uri)
  } catch (error) {
    throw new UsageError(`${(error as Error).message}.`)
  }
}

const readStall = (given = '60'): number => positive('--stall', given) * 1000

const positive = (option: string, given: string): number => {
  const number = /^\d+(\.\d+)?$/.test(given) ? Number(given) : 0
  if (!(number > 0)) throw new UsageError(`${option} is a number above 0, not ${given}.`)
  return number
}

const whole = (option: string, given: string): number => {
  if (!/^\d{1,9}$/.test(given)) throw new UsageError(`${option} is a whole number, not ${given}.`)
  return Number(given)
}
