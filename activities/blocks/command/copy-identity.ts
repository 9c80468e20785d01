import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'

import { parseEndUri } from '../open-end.js'
import type { CopyArguments } from './arguments.js'

/**
 * What must be the same for a checkpoint to be gone on from: the disks, the files named, and that a source or a lower
 * layer's digests that are a file have not been written to since. Of a server's disk only the address is known.
 */
export const copyIdentity = async ({ from, to, over, digests }: CopyArguments): Promise<string> =>
  JSON.stringify([
    await diskMark(from, true),
    await diskMark(to, false),
    await Promise.all(over.map((path) => fileMark(path, true))),
    digests === undefined ? null : resolve(digests),
  ])

/** True where both words lead to one disk: the same file or device, the same export of the same server. */
export const isSameDisk = async (a: string, b: string): Promise<boolean> => {
  const marks = await Promise.all([a, b].map((uri) => diskMark(uri, false).catch(() => undefined)))
  return marks[0] !== undefined && marks[0] === marks[1]
}

const diskMark = async (uri: string, withContent: boolean): Promise<string> => {
  const place = parseEndUri(uri)
  return place.kind === 'file' ? fileMark(place.path, withContent) : JSON.stringify(place)
}

const fileMark = async (path: string, withContent: boolean): Promise<string> => {
  const about = await stat(path, { bigint: true })
  // A device's own times move with its reading and writing.
  if (about.isBlockDevice()) return `device ${about.rdev}`
  return `file ${about.dev}:${about.ino}${withContent ? ` ${about.size} ${about.mtimeNs}` : ''}`
}
