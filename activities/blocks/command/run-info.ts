import { access, constants, stat } from 'node:fs/promises'

import type { FileEnd } from '../file-end.js'
import type { NbdEnd } from '../nbd/nbd-end.js'
import { openEnd, parseEndUri, type EndPlace } from '../open-end.js'
import { readAllocation, type Allocation } from './allocation.js'
import type { InfoArguments } from './arguments.js'
import { formatBytes, formatPercent } from './format.js'
import { printLine, type Terminal } from './terminal.js'

/** The keys of `--json`. */
interface DiskInfo {
  readonly kind: 'file' | 'device' | 'nbd'
  readonly sizeBytes: number
  readonly readOnly: boolean
  /** Files: room taken on their file system. */
  readonly allocatedBytes?: number
  readonly export?: ExportInfo
  /** Null where nobody says. */
  readonly allocation: Allocation | null
}

interface ExportInfo {
  readonly name: string
  readonly tls: 'psk' | 'x509' | null
  readonly cipher: string | null
  readonly blockBytes: { readonly min: number; readonly preferred: number; readonly max: number }
  readonly replies: NbdEnd['replies']
  readonly flags: readonly string[]
  readonly contexts: readonly string[]
}

/** `info <uri>`: resolves with 0 when all has been said. */
export const runInfo = async (args: InfoArguments, terminal: Terminal): Promise<number> => {
  const { signal, stdout } = terminal
  const place = parseEndUri(args.uri)
  await using end = await openEnd(args.uri, { side: 'source', signal })
  const look = { withinMs: args.lookMs, signal }
  const info =
    'isCreated' in end
      ? await fileInfo(place, end)
      : await nbdInfo(place, end, () => readAllocation(end, look))
  if (args.json) printLine(stdout, JSON.stringify(info))
  else for (const [name, words] of linesOf(info)) printLine(stdout, `${`${name}:`.padEnd(14)}${words}`)
  return 0
}

const fileInfo = async (place: EndPlace, { sizeBytes }: FileEnd): Promise<DiskInfo> => {
  if (place.kind !== 'file') throw new TypeError('a file has a path')
  const about = await stat(place.path)
  const readOnly = await access(place.path, constants.W_OK).then(
    () => false,
    () => true,
  )
  // Node cannot ask where the holes of a file are.
  const common = { sizeBytes, readOnly, allocation: null }
  if (about.isBlockDevice()) return { kind: 'device', ...common }
  return { kind: 'file', ...common, allocatedBytes: about.blocks * 512 }
}

const flagNames = [
  'canFlush',
  'canZero',
  'canFastZero',
  'canTrim',
  'canMultiConn',
  'canFua',
  'rotational',
] as const

const nbdInfo = async (place: EndPlace, end: NbdEnd, look: () => Promise<Allocation>): Promise<DiskInfo> => {
  if (place.kind !== 'nbd') throw new TypeError('an export has an address')
  const { sizeBytes, readOnly, hasBlockStatus, replies } = end
  const blockBytes = { min: end.minBlockBytes, preferred: end.preferredBlockBytes, max: end.maxBlockBytes }
  const about: ExportInfo = {
    name: place.exportName,
    tls: place.address.tls?.kind ?? null,
    cipher: end.cipher ?? null,
    blockBytes,
    replies,
    flags: flagNames.filter((name) => end[name]),
    contexts: hasBlockStatus ? ['base:allocation'] : [],
  }
  return { kind: 'nbd', sizeBytes, readOnly, export: about, allocation: hasBlockStatus ? await look() : null }
}

type Line = readonly [name: string, words: string]

const linesOf = (info: DiskInfo): Line[] => [
  ['kind', { file: 'file', device: 'block device', nbd: 'NBD export' }[info.kind]],
  ['size', `${formatBytes(info.sizeBytes)} (${info.sizeBytes} bytes)`],
  ['read-only', info.readOnly ? 'yes' : 'no'],
  ...(info.export === undefined ? [] : exportLines(info.export)),
  ...(info.allocatedBytes === undefined
    ? []
    : [['takes', `${formatBytes(info.allocatedBytes)} on its file system`] as const]),
  ...(info.allocation === null ? [] : allocationLines(info.allocation, info.sizeBytes)),
]

const exportLines = ({ name, tls, cipher, blockBytes, replies, flags, contexts }: ExportInfo): Line[] => [
  ['export', `"${name}"`],
  ['TLS', tls === null ? 'no' : `${tls}${cipher === null ? '' : `, ${cipher}`}`],
  ['connections', flags.includes('canMultiConn') ? 'several' : 'one'],
  ['blocks', `${blockBytes.min} to ${blockBytes.max} bytes, best ${blockBytes.preferred}`],
  ['replies', replies],
  ['flags', flags.join(', ') || 'none'],
  ['contexts', contexts.join(', ') || 'none'],
]

const allocationLines = (
  { dataBytes, zeroBytes, holeBytes, extents, bytesLookedAt }: Allocation,
  sizeBytes: number,
): Line[] => [
  ['data', formatBytes(dataBytes)],
  ['zeros', formatBytes(zeroBytes)],
  ['holes', formatBytes(holeBytes)],
  ['extents', `${extents}`],
  ...(bytesLookedAt < sizeBytes
    ? [
        [
          'looked at',
          `${formatPercent(bytesLookedAt, sizeBytes)} of the disk; --seconds N looks longer`,
        ] as const,
      ]
    : []),
]
