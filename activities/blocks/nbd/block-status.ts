import type { StatusExtent } from '../end.js'
import { stateFlag } from './constants.js'
import type { Pending } from './connection.js'

type Ask = (at: number, length: number) => Promise<Pending['descriptors']>

// A request may name up to 4 GiB; smaller ones keep answers prompt and cancels quick.
const maxStatusBytes = 1024 * 1024 * 1024

/**
 * Asks until the whole range is described (servers may answer less than asked). Offsets are widened to the server's
 * smallest block. Undefined where the server describes nothing at all.
 */
export const readStatus = async (
  range: { readonly offset: number; readonly length: number },
  { minBlockBytes, sizeBytes }: { readonly minBlockBytes: number; readonly sizeBytes: number },
  ask: Ask,
): Promise<StatusExtent[] | undefined> => {
  const { offset, length } = range
  const extents: StatusExtent[] = []
  for (let at = offset - (offset % minBlockBytes); at < offset + length;) {
    const whole = Math.ceil((offset + length - at) / minBlockBytes) * minBlockBytes
    const asked = Math.min(whole, maxStatusBytes)
    const known = appendStatus(extents, at, Math.min(at + asked, sizeBytes), await ask(at, asked))
    if (known === at) return undefined
    at = known
  }
  return clip(extents, offset, offset + length)
}

/** The last descriptor may reach past what was asked: cut. Returns how far the disk is known now. */
const appendStatus = (
  extents: StatusExtent[],
  from: number,
  to: number,
  descriptors: Pending['descriptors'],
): number => {
  let at = from
  for (const { length, flags } of descriptors) {
    const end = Math.min(at + length, to)
    const hole = (flags & stateFlag.hole) !== 0
    const zero = (flags & stateFlag.zero) !== 0
    const last = extents.at(-1)
    if (last?.hole === hole && last.zero === zero)
      extents[extents.length - 1] = { ...last, length: end - last.offset }
    else if (end > at) extents.push({ offset: at, length: end - at, hole, zero })
    at = end
  }
  return at
}

const clip = (extents: readonly StatusExtent[], from: number, to: number): StatusExtent[] =>
  extents
    .map((extent) => {
      const offset = Math.max(extent.offset, from)
      return { ...extent, offset, length: Math.min(extent.offset + extent.length, to) - offset }
    })
    .filter((extent) => extent.length > 0)
