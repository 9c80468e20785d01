import { grainBytes } from './extents.js'

const slabGrains = 16
export const slabBytes = slabGrains * grainBytes

/** A part of a slab in use: `memory` is as long as was asked for, `mask` has a bit for each grain of it. */
export interface Carved {
  readonly slab: Slab
  readonly memory: Buffer
  readonly mask: number
}

/** 1 MiB that is lent in runs of grains. */
export interface Slab {
  /** Undefined where no run of free grains is long enough. */
  carve(bytes: number): Carved | undefined
  /** Takes a run back. `isClean`: nobody writes to it any more. */
  release(carved: Carved, isClean: boolean): void
  readonly isUnused: boolean
  /** Something may still write to a part of it: it is never lent again. */
  readonly isSpoiled: boolean
}

export const createSlab = (): Slab => {
  // Not of Node's own pool: large enough to be mapped by itself, so its grains lie as pages do.
  const all = Buffer.allocUnsafeSlow(slabBytes)
  let used = 0
  let isSpoiled = false
  const slab: Slab = {
    carve(bytes) {
      const grains = Math.ceil(bytes / grainBytes)
      const run = (1 << grains) - 1
      for (let at = 0; !isSpoiled && at + grains <= slabGrains; at++) {
        const mask = run << at
        if ((used & mask) !== 0) continue
        used |= mask
        // A view of its own: who gives one back twice cannot free what another holds by now.
        return { slab, memory: all.subarray(at * grainBytes, at * grainBytes + bytes), mask }
      }
      return undefined
    },
    release({ mask }, isClean) {
      used &= ~mask
      isSpoiled ||= !isClean
    },
    get isUnused() {
      return used === 0
    },
    get isSpoiled() {
      return isSpoiled
    },
  }
  return slab
}
