import { fileURLToPath } from 'node:url'

import type { Side } from './end.js'
import { EndError } from './errors.js'
import { fileEnd, type FileEnd } from './file-end.js'
import type { NbdAddress } from './nbd/address.js'
import { openNbd, type NbdEnd } from './nbd/nbd-end.js'
import { parseNbdUri } from './nbd/uri.js'

/** Where a word of a command line or a setting leads. */
export type EndPlace =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'nbd'; readonly address: NbdAddress; readonly exportName: string }

export interface OpenEndOptions {
  readonly side: Side
  /** Files only: true for a source unless said otherwise. */
  readonly readOnly?: boolean
  /** Files only: where there is none, makes one of this size. */
  readonly create?: { readonly sizeBytes: number }
  readonly signal?: AbortSignal
}

const nbdSchemes = new Set(['nbd', 'nbds', 'nbd+unix', 'nbds+unix'])

/** Reads `nbd…://…`, `file:…` or a plain path, touching nothing. Throws a TypeError that says what is wrong. */
export const parseEndUri = (uri: string): EndPlace => {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(uri)?.[1]?.toLowerCase()
  if (scheme === undefined) {
    if (uri === '') throw new TypeError('An empty word names no disk')
    return { kind: 'file', path: uri }
  }
  if (nbdSchemes.has(scheme)) return { kind: 'nbd', ...parseNbdUri(uri) }
  if (scheme === 'file') return { kind: 'file', path: pathOf(uri) }
  throw new TypeError(
    `There is no way to open ${scheme}: (known are nbd://, nbd+unix://, nbds://, nbds+unix://, file: and paths; ` +
      'a path with a colon begins with ./ or /)',
  )
}

/** Opens what the word names. Rejects with an EndError of op `open`, EINVAL where the word itself is wrong. */
export const openEnd = async (uri: string, options: OpenEndOptions): Promise<FileEnd | NbdEnd> => {
  const { side, signal } = options
  signal?.throwIfAborted()
  const place = placeOf(uri, side)
  if (place.kind === 'file') return fileEnd(place.path, options)
  const { address, exportName } = place
  return openNbd(address, { side, exportName, ...(signal === undefined ? {} : { signal }) })
}

const placeOf = (uri: string, side: Side): EndPlace => {
  try {
    return parseEndUri(uri)
  } catch (cause) {
    const detail = (cause as Error).message
    // The word stays unsaid: one that cannot be read may have a secret anywhere.
    const facts = { side, op: 'open', offset: 0, length: 0, errno: 'EINVAL', where: 'address' } as const
    throw new EndError({ ...facts, detail, cause })
  }
}

const pathOf = (uri: string): string => {
  // `file:disk` would quietly become /disk.
  if (!/^file:(\/[^/]|\/\/(localhost)?\/)/i.test(uri))
    throw new TypeError('A file: URI has an absolute path: file:///path/to/disk')
  return fileURLToPath(uri)
}
