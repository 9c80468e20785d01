import type { Extent } from '../end.js'
import { grainBytes } from '../extents.js'
import type { Random } from './random.js'

/**
 * A stretch of a disk. `hole`: not in the file at all; `zeros`: written, so that nobody knows without looking;
 * `fragments`: some grains, or parts of them, are data.
 */
export interface Region extends Extent {
  readonly kind: 'data' | 'zeros' | 'hole' | 'fragments'
}

const MiB = 2 ** 20
const kinds = ['data', 'hole', 'data', 'zeros', 'fragments', 'data', 'hole', 'fragments'] as const

/** Regions that cover the disk; the first is data, so that there is something to copy. */
export const layOut = (random: Random, sizeBytes: number): Region[] => {
  const regions: Region[] = []
  for (let offset = 0; offset < sizeBytes;) {
    const kind = offset === 0 ? 'data' : random.pick(kinds)
    const longest = kind === 'hole' ? 24 * MiB : kind === 'data' ? 20 * MiB : 6 * MiB
    // Not in whole grains: where one region ends in the middle of a grain the next begins there.
    const wanted = offset === 0 ? 12 * MiB : random.int(1, longest / 4096) * 4096
    const length = Math.min(wanted, sizeBytes - offset)
    regions.push({ offset, length, kind })
    offset += length
  }
  return regions
}

/** Areas that are written to between two backups of a disk: sorted, apart, at least 8 MiB of new data among them. */
export const changeAreas = (random: Random, sizeBytes: number): Region[] => {
  const areas: Region[] = [{ offset: 512 * random.int(0, 200), length: 8 * MiB, kind: 'data' }]
  const count = random.int(5, 60)
  const share = Math.floor((sizeBytes - 9 * MiB) / count)
  for (let index = 0; index < count; index++) {
    const start = 9 * MiB + index * share + 512 * random.int(0, Math.floor(share / 1536))
    const length = 512 * random.int(1, Math.floor(share / 1536))
    areas.push({ offset: start, length, kind: random.pick(kinds) })
  }
  return areas
}

/** Makes the content that a region stands for; `disk` is all of it. */
export const fillRegion = (random: Random, disk: Buffer, { offset, length, kind }: Region): void => {
  const part = disk.subarray(offset, offset + length)
  if (kind === 'data') return void random.bytes(length).copy(part)
  part.fill(0)
  if (kind !== 'fragments') return
  for (let at = 0; at < length; at += grainBytes) {
    if (random.percent(50)) continue
    const bytes = random.percent(50) ? grainBytes : 512 * random.int(1, 64)
    random.bytes(Math.min(bytes, length - at)).copy(part, at)
  }
}
