import type { Socket } from 'node:net'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'

/** Encrypts a connected socket. `watch` gets the new one before anything can happen on it. */
export const startTls = (
  raw: Socket,
  options: ConnectionOptions,
  watch: (socket: Socket) => void,
): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ ...options, socket: raw })
    watch(socket)
    const failed = (error: unknown): void => reject(tlsError(error))
    socket.once('error', failed)
    socket.once('close', () => failed(undefined))
    socket.once('secureConnect', () => {
      socket.removeListener('error', failed)
      resolve(socket)
    })
  })

// A server that closes without a word may be restarting, or dislike our key: the text says both, a new attempt may help.
const tlsError = (error: unknown): Error => {
  const { code, reason, message } = (error ?? {}) as NodeJS.ErrnoException & { reason?: string }
  const isLost = code === undefined || code === 'ECONNRESET' || code === 'EPIPE'
  const text = isLost
    ? 'the server closed the connection in the TLS handshake: it is gone, or does not know our key or certificate'
    : `no TLS with this server: ${reason ?? message}`
  return Object.assign(new Error(text, { cause: error }), { code: isLost ? 'ECONNRESET' : 'EACCES' })
}
