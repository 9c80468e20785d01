import { randomUUID } from 'node:crypto'
import type { DiskLeftOut } from '../../../domain/vm.js'
import type { Extent } from '../../blocks/end.js'
import { grainBytes, mergeExtents } from '../../blocks/extents.js'

/** A disk of a memory VM: its bytes, and for each 64 KiB block the moment of its last write. */
export interface MemoryDisk {
  readonly key: number
  readonly backingUuid: string
  readonly leftOut: DiskLeftOut | null
  content: Buffer
  epoch: string
  moment: number
  readonly changed: Map<number, number>
}

/** The disk as it was at its snapshot; nothing that is written later reaches it. */
export interface FrozenDisk {
  readonly backingUuid: string
  readonly content: Buffer
  readonly changeId: string | null
  readonly changed: ReadonlyMap<number, number>
}

export const newDisk = (key: number, content: number | Buffer, leftOut: DiskLeftOut | null): MemoryDisk => ({
  key,
  backingUuid: randomUUID(),
  leftOut,
  content: typeof content === 'number' ? Buffer.alloc(content) : Buffer.from(content),
  epoch: randomUUID(),
  moment: 0,
  changed: new Map(),
})

/** Writes, and marks the blocks as changed after the newest snapshot. */
export const writeBlocks = (disk: MemoryDisk, offset: number, bytes: Buffer): void => {
  if (offset < 0 || offset + bytes.length > disk.content.length)
    throw new RangeError('the write is not on the disk')
  bytes.copy(disk.content, offset)
  const last = Math.floor((offset + bytes.length - 1) / grainBytes)
  for (let block = Math.floor(offset / grainBytes); block <= last; block++)
    disk.changed.set(block, disk.moment + 1)
}

export const resetTracking = (disk: MemoryDisk): void => {
  disk.epoch = randomUUID()
  disk.moment = 0
  disk.changed.clear()
}

export const freeze = (disk: MemoryDisk, tracked: boolean): FrozenDisk => {
  disk.moment++
  return {
    backingUuid: disk.backingUuid,
    content: Buffer.from(disk.content),
    changeId: tracked ? `${disk.epoch}/${disk.moment}` : null,
    changed: new Map(disk.changed),
  }
}

/** Blocks that are not zero: what a thin disk would have allocated. */
export const allocatedAreas = ({ content }: FrozenDisk): Extent[] => {
  const zeros = Buffer.alloc(grainBytes)
  const areas: Extent[] = []
  for (let offset = 0; offset < content.length; offset += grainBytes) {
    const block = content.subarray(offset, offset + grainBytes)
    if (!block.equals(zeros.subarray(0, block.length))) areas.push({ offset, length: block.length })
  }
  return mergeExtents(areas)
}

/** Blocks written after the moment; the last one is cut at the disk's end. */
export const areasSince = ({ content, changed }: FrozenDisk, moment: number): Extent[] =>
  mergeExtents(
    [...changed]
      .filter(([, written]) => written > moment)
      .map(([block]) => {
        const offset = block * grainBytes
        return { offset, length: Math.min(grainBytes, content.length - offset) }
      }),
  )
