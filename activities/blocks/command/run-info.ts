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
  readonly tls?: 'psk' | 'x509' | null
  readonly exportName?: string
  /** Several connections may be used at once. */
  readonly multiConn?: boolean
  readonly contexts?: readonly string[]
  /** Null where nobody says. */
  readonly allocation: Allocation | null
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

const nbdInfo = async (
  place: EndPlace,
  { sizeBytes, readOnly, connections, hasBlockStatus }: NbdEnd,
  look: () => Promise<Allocation>,
): Promise<DiskInfo> => {
  if (place.kind !== 'nbd') throw new TypeError('an export has an address')
  return {
    kind: 'nbd',
    sizeBytes,
    readOnly,
    exportName: place.exportName,
    tls: place.address.tls?.kind ?? null,
    multiConn: connections > 1,
    contexts: hasBlockStatus ? ['base:allocation'] : [],
    allocation: hasBlockStatus ? await look() : null,
  }
}

const linesOf = (info: DiskInfo): (readonly [string, string])[] => {
  const yesNo = (claim: boolean): string => (claim ? 'yes' : 'no')
  return [
    ['kind', { file: 'file', device: 'block device', nbd: 'NBD export' }[info.kind]],
    ...(info.exportName === undefined ? [] : [['export', `"${info.exportName}"`] as const]),
    ['size', `${formatBytes(info.sizeBytes)} (${info.sizeBytes} bytes)`],
    ['read-only', yesNo(info.readOnly)],
    ...(info.tls === undefined ? [] : [['TLS', info.tls ?? 'no'] as const]),
    ...(info.multiConn === undefined ? [] : [['connections', info.multiConn ? 'several' : 'one'] as const]),
    ...(info.contexts === undefined ? [] : [['contexts', info.contexts.join(', ') || 'none'] as const]),
    ...(info.allocatedBytes === undefined
      ? []
      : [['takes', `${formatBytes(info.allocatedBytes)} on its file system`] as const]),
    ...(info.allocation === null ? [] : allocationLines(info.allocation, info.sizeBytes)),
  ]
}

const allocationLines = (
  { dataBytes, zeroBytes, holeBytes, extents, bytesLookedAt }: Allocation,
  sizeBytes: number,
): (readonly [string, string])[] => [
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
