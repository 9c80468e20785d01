import type { End } from '../blocks/end.js'
import { onAbort } from '../blocks/on-abort.js'

/** An end together with the server behind it, once. */
export interface ServedEnd<E extends End> {
  readonly end: E
  /** Ends both in good order. */
  close(): Promise<void>
  /** Ends both though the server may be stopped, stuck or dead: it goes first, by force if need be. */
  abandon(): Promise<void>
  /** What became of the server, in words. */
  fate(): Promise<string>
}

/** Hears of an end that is lost and comes back. */
export interface EndWatch {
  lost(where: string, why: string): void
  back(afterMs: number): void
  /** It is disposed while it is away. */
  gone(afterMs: number): void
}

/** An end of a copy that can be opened again: disposing ends whatever there is of it then. */
export interface ReopenableEnd<E extends End> extends AsyncDisposable {
  /** The first one. */
  readonly end: E
  /**
   * Ends the old end and its server completely, then opens both anew. Rejects with what opening failed with, or once
   * `withinMs` are over since the end was lost; the next call then begins where this one stood.
   */
  reopen(signal: AbortSignal): Promise<E>
}

export interface ReopenOptions<E extends End> {
  /** `signal` ends the opening; what opened lives on. */
  readonly open: (signal: AbortSignal) => Promise<ServedEnd<E>>
  readonly signal: AbortSignal
  readonly withinMs: number
  readonly watch?: EndWatch | undefined
}

export async function openReopenable<E extends End>(options: ReopenOptions<E>): Promise<ReopenableEnd<E>> {
  const { open, signal, withinMs, watch } = options
  let current: ServedEnd<E> | undefined = await open(signal)
  const closing = new AbortController()
  let turn: Promise<unknown> = Promise.resolve()
  let lostAt: number | undefined

  const again = async (asked: AbortSignal): Promise<E> => {
    asked.throwIfAborted()
    if (current !== undefined) await current.abandon()
    current = undefined
    current = await open(asked)
    if (lostAt !== undefined) watch?.back(performance.now() - lostAt)
    lostAt = undefined
    return current.end
  }
  return {
    end: current.end,
    async reopen(caller) {
      const isNews = lostAt === undefined
      lostAt ??= performance.now()
      const leftMs = withinMs - (performance.now() - lostAt)
      const late = new AbortController()
      const timer = setTimeout(() => late.abort(new Error('it was not back in time')), Math.max(0, leftMs))
      const asked = AbortSignal.any([caller, closing.signal, late.signal])
      // One after the other: an opening that nobody waits for any more still ends what it began.
      const work = turn.then(async () => {
        if (isNews && current !== undefined) watch?.lost(current.end.describe, await current.fate())
        return await again(asked)
      })
      turn = work.catch(() => undefined)
      return await orAborted(work, asked).finally(() => clearTimeout(timer))
    },
    [Symbol.asyncDispose]: async () => {
      closing.abort(new Error('the copy is over'))
      await turn
      if (lostAt !== undefined) watch?.gone(performance.now() - lostAt)
      await current?.close()
    },
  }
}

const orAborted = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const ignore = onAbort(signal, () => reject(signal.reason as Error))
    work.then(resolve, reject).finally(ignore)
  })
