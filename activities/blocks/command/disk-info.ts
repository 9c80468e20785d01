import type { NbdEnd } from '../nbd/nbd-end.js'
import type { Allocation } from './allocation.js'
import { formatBytes, formatPercent } from './format.js'

/** The keys of `--json`. */
export interface DiskInfo {
  readonly kind: 'file' | 'device' | 'nbd'
  readonly sizeBytes: number
  readonly readOnly: boolean
  /** Files: room taken on their file system. */
  readonly allocatedBytes?: number
  readonly export?: ExportInfo
  /** All that the server offers; null where it tells nobody. */
  readonly exports?: readonly OfferedExport[] | null
  /** Null where nobody says. */
  readonly allocation: Allocation | null
}

export interface ExportInfo {
  readonly name: string
  readonly tls: 'psk' | 'x509' | null
  readonly cipher: string | null
  readonly blockBytes: { readonly min: number; readonly preferred: number; readonly max: number }
  readonly replies: NbdEnd['replies']
  readonly flags: readonly string[]
  readonly contexts: readonly string[]
}

export interface OfferedExport {
  readonly name: string
  readonly description: string | null
  readonly sizeBytes: number | null
  readonly contexts: readonly string[]
}

type Line = readonly [name: string, words: string]

/** What a person reads: names and words. */
export const linesOf = (info: DiskInfo): Line[] => [
  ['kind', { file: 'file', device: 'block device', nbd: 'NBD export' }[info.kind]],
  ['size', `${formatBytes(info.sizeBytes)} (${info.sizeBytes} bytes)`],
  ['read-only', info.readOnly ? 'yes' : 'no'],
  ...(info.export === undefined ? [] : exportLines(info.export)),
  ...((info.exports?.length ?? 0) > 1 ? (info.exports ?? []).map(offeredLine) : []),
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

const offeredLine = ({ name, sizeBytes, description }: OfferedExport): Line => {
  const size = sizeBytes === null ? 'of a size it does not tell' : formatBytes(sizeBytes)
  return ['also there', `"${name}", ${size}${description === null ? '' : ` (${description})`}`]
}

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
