import { access, constants, stat } from 'node:fs/promises'

import type { FileEnd } from '../file-end.js'
import { listExports, type NbdExport } from '../nbd/list-exports.js'
import type { NbdEnd } from '../nbd/nbd-end.js'
import { openEnd, parseEndUri, type EndPlace } from '../open-end.js'
import { readAllocation, type Allocation } from './allocation.js'
import type { InfoArguments } from './arguments.js'
import { linesOf, type DiskInfo, type ExportInfo, type OfferedExport } from './disk-info.js'
import { printLine, type Terminal } from './terminal.js'

/** `info <uri>`: resolves with 0 when all has been said. */
export const runInfo = async (args: InfoArguments, terminal: Terminal): Promise<number> => {
  const { signal, stdout } = terminal
  const place = parseEndUri(args.uri)
  await using end = await openEnd(args.uri, { side: 'source', signal })
  const look = { withinMs: args.lookMs, signal }
  const info =
    'isCreated' in end
      ? await fileInfo(place, end)
      : await nbdInfo(place, end, { signal, look: () => readAllocation(end, look) })
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

const nbdInfo = async (
  place: EndPlace,
  end: NbdEnd,
  { signal, look }: { readonly signal: AbortSignal; readonly look: () => Promise<Allocation> },
): Promise<DiskInfo> => {
  if (place.kind !== 'nbd') throw new TypeError('an export has an address')
  const { sizeBytes, readOnly, hasBlockStatus, replies } = end
  const blockBytes = { min: end.minBlockBytes, preferred: end.preferredBlockBytes, max: end.maxBlockBytes }
  const exports = await offeredBy(place, signal)
  const known = exports?.find(({ name }) => name === place.exportName)?.contexts
  const about: ExportInfo = {
    name: place.exportName,
    tls: place.address.tls?.kind ?? null,
    cipher: end.cipher ?? null,
    blockBytes,
    replies,
    flags: flagNames.filter((name) => end[name]),
    contexts: known ?? (hasBlockStatus ? ['base:allocation'] : []),
  }
  const allocation = hasBlockStatus ? await look() : null
  return { kind: 'nbd', sizeBytes, readOnly, export: about, exports, allocation }
}

/** A server may keep its list to itself, or be too old to have one: no reason to say nothing of the disk. */
const offeredBy = async (
  { address }: Extract<EndPlace, { kind: 'nbd' }>,
  signal: AbortSignal,
): Promise<readonly OfferedExport[] | null> => {
  const found = await listExports(address, { signal }).catch((): NbdExport[] | null => {
    signal.throwIfAborted()
    return null
  })
  return (
    found?.map(({ name, description, details }) => ({
      name,
      description: description ?? null,
      sizeBytes: details?.sizeBytes ?? null,
      contexts: details?.contexts ?? [],
    })) ?? null
  )
}
