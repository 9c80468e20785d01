import type { Extent } from '../end.js'
import type { ContextExtent } from './nbd-options.js'
import type { Descriptors } from './requests.js'

type Ask = (at: number, length: number) => Promise<Descriptors>

interface Limits {
  readonly minBlockBytes: number
  readonly sizeBytes: number
  readonly maxBytes: number
}

/**
 * Asks until the whole range is described (servers may answer less than asked). Offsets are widened to the server's
 * smallest block. Undefined where the server describes nothing at all.
 */
export const readStatus = async (
  { offset, length }: Extent,
  { minBlockBytes, sizeBytes, maxBytes }: Limits,
  ask: Ask,
): Promise<ContextExtent[] | undefined> => {
  const extents: ContextExtent[] = []
  const end = Math.min(Math.ceil((offset + length) / minBlockBytes) * minBlockBytes, sizeBytes)
  for (let at = offset - (offset % minBlockBytes); at < offset + length;) {
    const asked = Math.min(end - at, maxBytes)
    const known = appendStatus(extents, at, at + asked, await ask(at, asked))
    if (known === at) return undefined
    at = known
  }
  return clip(extents, offset, offset + length)
}

/** The last descriptor may reach past what was asked: cut. Returns how far the disk is known now. */
const appendStatus = (
  extents: ContextExtent[],
  from: number,
  to: number,
  descriptors: Descriptors,
): number => {
  let at = from
  for (const { length, flags } of descriptors) {
    const end = Math.min(at + length, to)
    const last = extents.at(-1)
    if (last?.flags === flags) extents[extents.length - 1] = { ...last, length: end - last.offset }
    else if (end > at) extents.push({ offset: at, length: end - at, flags })
    at = end
  }
  return at
}

const clip = (extents: readonly ContextExtent[], from: number, to: number): ContextExtent[] =>
  extents
    .map((extent) => {
      const offset = Math.max(extent.offset, from)
      return { ...extent, offset, length: Math.min(extent.offset + extent.length, to) - offset }
    })
    .filter((extent) => extent.length > 0)
