import type { End } from './end.js'
import { EndError } from './errors.js'

interface Watched {
  readonly ends: readonly End[]
  readonly signal: AbortSignal | undefined
  readonly stallMs: number | undefined
  /** Bytes of the disk that are done with. */
  readonly bytesDone: () => number
}

/** The caller's signal, which also fires when ends that are only read owe an answer for `stallMs`. */
export const watchStall = ({
  ends,
  signal,
  stallMs,
  bytesDone,
}: Watched): Disposable & { readonly signal: AbortSignal | undefined } => {
  if (stallMs === undefined) return { signal, [Symbol.dispose]: () => undefined }
  const stalled = new AbortController()
  const moved = (): string => [bytesDone(), ...ends.map((end) => end.bytesMoved?.() ?? 0)].join()
  let seen = moved()
  let since = performance.now()
  const look = (): void => {
    if (moved() !== seen) {
      seen = moved()
      since = performance.now()
    } else if (performance.now() - since >= stallMs) stalled.abort(stallOf(ends, bytesDone(), stallMs))
  }
  const timer = setInterval(look, Math.max(10, stallMs / 8))
  return {
    signal: signal === undefined ? stalled.signal : AbortSignal.any([signal, stalled.signal]),
    [Symbol.dispose]: () => clearInterval(timer),
  }
}

const stallOf = (ends: readonly End[], offset: number, stallMs: number): EndError => {
  const where = ends.map(({ describe }) => describe).join(' or ')
  const detail = `nothing moved for ${Math.round(stallMs / 100) / 10} s`
  return new EndError({ side: 'source', op: 'stall', offset, length: 0, errno: 'ETIMEDOUT', where, detail })
}
