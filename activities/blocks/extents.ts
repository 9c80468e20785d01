import type { Extent } from './end.js'

/** 64 KiB: the grain of change tracking, of qcow2 clusters and of the digests. */
export const grainBytes = 65_536

const endOf = (extent: Extent): number => extent.offset + extent.length

/** Sorts, drops empty extents and joins those that touch or overlap. */
export const mergeExtents = (extents: readonly Extent[]): Extent[] => {
  const sorted = extents.filter((extent) => extent.length > 0).sort((a, b) => a.offset - b.offset)
  const merged: { offset: number; length: number }[] = []
  for (const extent of sorted) {
    const last = merged.at(-1)
    if (last === undefined || extent.offset > endOf(last)) merged.push({ ...plain(extent) })
    else last.length = Math.max(endOf(last), endOf(extent)) - last.offset
  }
  return merged
}

/** Grows every extent outwards to whole grains, cut at the disk's end, and merges. */
export const widenExtents = (extents: readonly Extent[], sizeBytes: number): Extent[] =>
  mergeExtents(
    extents.map((extent) =>
      extent.length <= 0 ? extent : span(down(extent.offset), Math.min(up(endOf(extent)), sizeBytes)),
    ),
  )

/** Shrinks every extent inwards to whole grains; a short last grain of the disk counts as whole. */
export const narrowExtents = (extents: readonly Extent[], sizeBytes: number): Extent[] =>
  mergeExtents(extents)
    .map((extent) => span(up(extent.offset), endOf(extent) >= sizeBytes ? sizeBytes : down(endOf(extent))))
    .filter((extent) => extent.length > 0)

/** What lies in both lists; both are sorted and without overlap. */
export const intersectExtents = (a: readonly Extent[], b: readonly Extent[]): Extent[] => {
  const both: Extent[] = []
  let i = 0
  let j = 0
  for (let x = a[i], y = b[j]; x !== undefined && y !== undefined; x = a[i], y = b[j]) {
    const start = Math.max(x.offset, y.offset)
    const end = Math.min(endOf(x), endOf(y))
    if (start < end) both.push(span(start, end))
    if (endOf(x) <= endOf(y)) i++
    else j++
  }
  return both
}

/** What lies in `a` and not in `b`; both are sorted and without overlap. */
export const subtractExtents = (a: readonly Extent[], b: readonly Extent[]): Extent[] => {
  const rest: Extent[] = []
  let j = 0
  for (const extent of a) {
    let start = extent.offset
    while (j < b.length && endOf(b[j]!) <= start) j++
    for (let k = j; k < b.length && b[k]!.offset < endOf(extent); k++) {
      if (b[k]!.offset > start) rest.push(span(start, b[k]!.offset))
      start = Math.max(start, endOf(b[k]!))
    }
    if (start < endOf(extent)) rest.push(span(start, endOf(extent)))
  }
  return rest
}

/** The part of the (sorted) extents at or after `cursor`. */
export const extentsFrom = (extents: readonly Extent[], cursor: number): Extent[] =>
  extents
    .filter((extent) => endOf(extent) > cursor)
    .map((extent) => (extent.offset >= cursor ? extent : span(cursor, endOf(extent))))

export const totalBytes = (extents: readonly Extent[]): number =>
  extents.reduce((sum, extent) => sum + extent.length, 0)

/** Throws a RangeError that names the first extent that is not whole, not sorted, overlapping or off the disk. */
export const checkExtents = (extents: readonly Extent[], sizeBytes: number): void => {
  let previousEnd = 0
  extents.forEach((extent, index) => {
    const { offset, length } = extent
    const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0
    if (!whole || offset < previousEnd || offset + length > sizeBytes)
      throw new RangeError(
        `extent ${index} (offset ${offset}, length ${length}) is not sorted within a disk of ${sizeBytes} bytes`,
      )
    previousEnd = offset + length
  })
}

const plain = ({ offset, length }: Extent): Extent => ({ offset, length })
const span = (start: number, end: number): Extent => ({ offset: start, length: end - start })
const down = (bytes: number): number => bytes - (bytes % grainBytes)
const up = (bytes: number): number => down(bytes + grainBytes - 1)
