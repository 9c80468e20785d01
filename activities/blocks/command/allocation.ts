import type { End, Extent, StatusExtent } from '../end.js'
import { mapInOrder } from '../map-in-order.js'

export interface Allocation {
  /** Neither known to be zero nor a hole. */
  readonly dataBytes: number
  /** Reads as zeros, and takes room. */
  readonly zeroBytes: number
  /** Takes no room. */
  readonly holeBytes: number
  readonly extents: number
  /** How far the look came; less than the disk where time was over. */
  readonly bytesLookedAt: number
}

const windowBytes = 1024 * 1024 * 1024
const inFlight = 8

/** Sums up what the end says of its blocks, from the disk's beginning, for `withinMs` at most. */
export const readAllocation = async (
  end: End,
  { withinMs, signal }: { readonly withinMs: number; readonly signal: AbortSignal },
): Promise<Allocation> => {
  const sums = { dataBytes: 0, zeroBytes: 0, holeBytes: 0, extents: 0, bytesLookedAt: 0 }
  let last: StatusExtent | undefined
  const add = (extent: StatusExtent): void => {
    const kind = extent.hole ? 'holeBytes' : extent.zero ? 'zeroBytes' : 'dataBytes'
    sums[kind] += extent.length
    sums.bytesLookedAt += extent.length
    if (last?.hole !== extent.hole || last.zero !== extent.zero) sums.extents++
    last = extent
  }
  const deadline = AbortSignal.timeout(withinMs)
  const either = AbortSignal.any([signal, deadline])
  try {
    const ask = ({ offset, length }: Extent): Promise<StatusExtent[]> => end.status(offset, length, either)
    for await (const extents of mapInOrder(windowsOf(end.sizeBytes), inFlight, ask)) {
      extents.forEach(add)
      either.throwIfAborted()
    }
  } catch (error) {
    if (!deadline.aborted || signal.aborted) throw error
  }
  return sums
}

async function* windowsOf(sizeBytes: number): AsyncGenerator<Extent> {
  for (let offset = 0; offset < sizeBytes; offset += windowBytes)
    yield { offset, length: Math.min(windowBytes, sizeBytes - offset) }
}
