import type { End } from './end.js'

/** An end that can be opened again, for `reopen` of a copy. Disposing closes the one that is open now. */
export interface LastingEnd<E extends End> extends AsyncDisposable {
  readonly end: () => E
  /** Closes the old one first: it may still hold a lock, or a place. */
  readonly reopen: (signal: AbortSignal) => Promise<E>
}

export const openLasting = async <E extends End>(
  open: (signal: AbortSignal) => Promise<E>,
  signal: AbortSignal,
): Promise<LastingEnd<E>> => {
  let current: E | undefined = await open(signal)
  let last = current
  const close = async (): Promise<void> => {
    const closing = current
    current = undefined
    await closing?.[Symbol.asyncDispose]()
  }
  return {
    end: () => last,
    async reopen(again) {
      await close().catch(() => {})
      last = current = await open(again)
      return last
    },
    [Symbol.asyncDispose]: close,
  }
}
