import type { Extent } from '../../activities/blocks/end.js'

/** A virtual disk whose data lies in as many areas of the same length, evenly spread; holes between them. */
export interface Disk {
  readonly name: string
  readonly sizeBytes: number
  readonly areas: number
  readonly areaBytes: number
}

const MiB = 2 ** 20
const grain = 65_536

/** 8 GiB with 2 GiB of data. */
export const large: Disk = { name: 'large', sizeBytes: 8192 * MiB, areas: 64, areaBytes: 32 * MiB }
/** For 8 copies at once: together as much data as `large` has. */
export const medium: Disk = { name: 'medium', sizeBytes: 1024 * MiB, areas: 64, areaBytes: 4 * MiB }
/** For 50 copies at once: together about as much. */
export const small: Disk = { name: 'small', sizeBytes: 160 * MiB, areas: 40, areaBytes: MiB }

export const dataAreas = ({ sizeBytes, areas, areaBytes }: Disk): Extent[] =>
  Array.from({ length: areas }, (_, i) => ({ offset: (i * sizeBytes) / areas, length: areaBytes }))

const zeroEvery = 32
const strideGrains = 24

/** 1 % of the disk in fragments of 64 KiB, spread over its data; `zero`: what was data now reads as zeros. */
export const changedExtents = (disk: Disk): (Extent & { readonly zero: boolean })[] => {
  const count = Math.round(disk.sizeBytes / 100 / grain)
  const areas = dataAreas(disk)
  let [area, inArea] = [0, 0]
  return Array.from({ length: count }, (_, i) => {
    const at = Math.floor((i * areas.length) / count)
    inArea = at === area ? inArea : 0
    area = at
    const grains = inArea * strideGrains + (inArea % 5)
    inArea++
    return { offset: areas[area]!.offset + grains * grain, length: grain, zero: i % zeroEvery === 0 }
  })
}
