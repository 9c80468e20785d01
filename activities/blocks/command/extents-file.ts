import { readFile } from 'node:fs/promises'

import type { Extent } from '../end.js'
import { mergeExtents } from '../extents.js'
import { UsageError } from './usage-error.js'

/** Reads lines of `offset length` (bytes; # begins a comment), in any order. Throws a UsageError that names the line. */
export const readExtentsFile = async (path: string, sizeBytes: number): Promise<Extent[]> =>
  parseExtents(await readFile(path, 'utf8'), path, sizeBytes)

export const parseExtents = (text: string, path: string, sizeBytes: number): Extent[] => {
  const extents: Extent[] = []
  text.split('\n').forEach((line, index) => {
    const words = line.replace(/#.*/, '').trim()
    if (words === '') return
    const match = /^(\d{1,16})\s+(\d{1,16})$/.exec(words)
    const [offset, length] = [Number(match?.[1]), Number(match?.[2])]
    if (match === null) throw new UsageError(`${path}, line ${index + 1}: "${words}" is not "offset length".`)
    if (offset + length > sizeBytes)
      throw new UsageError(`${path}, line ${index + 1}: it ends behind the disk of ${sizeBytes} bytes.`)
    extents.push({ offset, length })
  })
  return mergeExtents(extents)
}
