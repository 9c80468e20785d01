import { EndError } from '../errors.js'
import type { Side } from '../end.js'
import { onAbort } from '../on-abort.js'
import type { NbdAddress } from './address.js'
import { openWire, type Wire } from './wire.js'

export interface TalkOptions {
  readonly side: Side
  readonly where: string
  readonly signal?: AbortSignal
  readonly handshakeMs: number
}

/** Why a connection is gone. */
export interface Loss {
  readonly errno: string
  readonly detail: string
  readonly cause?: unknown
}

/**
 * Connects and talks, both within `handshakeMs`. Rejects with an EndError of op `open`, or the signal's reason, and
 * then nothing is left open. `onLost` is called once when the connection is gone, during the talk or later.
 */
export const openTalk = async <T>(
  address: NbdAddress,
  { side, where, signal, handshakeMs }: TalkOptions,
  onLost: (loss: Loss) => void,
  talk: (wire: Wire) => Promise<T>,
): Promise<{ wire: Wire; result: T }> => {
  const asEndError = (error: unknown): EndError =>
    isEndError(error)
      ? error
      : new EndError({ side, op: 'open', offset: 0, length: 0, where, ...lossOf(error) })
  const deadline = AbortSignal.timeout(handshakeMs)
  const opening = signal === undefined ? deadline : AbortSignal.any([signal, deadline])
  const failure = (error: unknown, what: string): EndError => {
    signal?.throwIfAborted()
    if (!deadline.aborted) return asEndError(error)
    const text = `no ${what} within ${handshakeMs} ms`
    return asEndError(Object.assign(new Error(text), { code: 'ETIMEDOUT' }))
  }

  let breakOff = (_: EndError): void => {}
  const lost = (cause: Error | undefined): void => {
    onLost(lossOf(cause))
    breakOff(asEndError(cause))
  }
  const wire = await openWire(address, lost, opening).catch((error: unknown) => {
    throw failure(error, 'connection')
  })
  try {
    const result = await new Promise<T>((resolve, reject) => {
      const ignore = onAbort(opening, () => reject(opening.reason as Error))
      breakOff = reject
      talk(wire).then(resolve, reject).finally(ignore)
    })
    return { wire, result }
  } catch (error) {
    wire.destroy()
    throw failure(error, 'handshake')
  }
}

// By shape, not by class: test runners hand out errors of another realm.
const isEndError = (error: unknown): error is EndError => (error as Error | undefined)?.name === 'EndError'

const lossOf = (error: unknown): Loss => {
  const { code = 'ECONNRESET', message = 'the server closed the connection' } = (error ??
    {}) as Partial<NodeJS.ErrnoException>
  // A broken TLS stream has only OpenSSL's own codes.
  return { errno: code.startsWith('ERR_') ? 'ECONNRESET' : code, detail: message, cause: error }
}
