import { connect, type Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'

import { onAbort } from '../on-abort.js'
import type { NbdAddress } from './address.js'
import { createReceiver, type Receiver } from './receiver.js'
import { startTls } from './start-tls.js'

/**
 * Bytes to and from a server. In plain text payloads are read by the kernel straight into the receiver's buffer
 * (`onread` with the exact remaining slice); with TLS they are copied once out of the decrypted records.
 */
export interface Wire {
  readonly receive: Receiver['receive']
  /** Sends the parts with one writev, together with others of the same tick. */
  send(...parts: readonly Buffer[]): void
  /**
   * Goes on encrypted; resolves with the cipher's name. Rejects where the server is not the right one, or sent anything
   * in plain text after it had agreed.
   */
  secure(options: ConnectionOptions): Promise<string>
  bytesMoved(): number
  /** Sends what is queued, then closes; forces the close after `forceMs`. Resolves when closed. */
  close(forceMs: number): Promise<void>
  destroy(error?: Error): void
}

/** Connects; `onLost` is called once, when the connection is gone for any reason. */
export const openWire = async (
  address: NbdAddress,
  onLost: (error: Error | undefined) => void,
  signal?: AbortSignal,
): Promise<Wire> => {
  const receiver = createReceiver(() => socket.destroy(outOfTurn('the server sent bytes out of turn')))
  const target = 'socketPath' in address ? { path: address.socketPath } : address
  // A socket with `onread` cannot be handed to TLS.
  const onread = { buffer: receiver.nextBuffer, callback: receiver.landed }
  const raw = connect({ ...target, noDelay: true, keepAlive: true, ...(address.tls ? {} : { onread }) })
  let socket: Socket = raw
  let lastError: Error | undefined
  const gone = new Promise<void>((resolve) => raw.once('close', () => resolve()))
  const watch = (one: Socket): void => {
    one.on('error', (error) => (lastError ??= error))
    // Without this the half-open socket would wait for us after the server's end of file.
    one.once('end', () => raw.destroy())
    if (address.tls !== undefined) one.on('data', receiver.take)
  }
  watch(raw)
  await connected(raw, () => lastError, signal)
  void gone.then(() => onLost(lastError))

  let corked = false
  const uncork = (): void => {
    corked = false
    socket.uncork()
  }
  return {
    receive: receiver.receive,
    bytesMoved: () => raw.bytesRead + raw.bytesWritten,
    destroy(error) {
      socket.destroy(error)
      raw.destroy()
    },
    async secure(options) {
      raw.removeAllListeners('data')
      if (receiver.unasked() > 0) throw outOfTurn('the server sent more in plain text after it agreed to TLS')
      const secured = await startTls(raw, options, watch)
      socket = secured
      return secured.getCipher().name
    },
    send(...parts) {
      if (!corked) {
        corked = true
        socket.cork()
        process.nextTick(uncork)
      }
      for (const part of parts) socket.write(part)
    },
    async close(forceMs) {
      if (raw.destroyed) return gone
      const timer = setTimeout(() => raw.destroy(), forceMs)
      socket.end()
      await gone
      clearTimeout(timer)
    },
  }
}

const outOfTurn = (text: string): Error => Object.assign(new Error(text), { code: 'EPROTO' })

const connected = (
  socket: Socket,
  lastError: () => Error | undefined,
  signal: AbortSignal | undefined,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const abort = (): void => {
      socket.destroy()
      reject(signal?.reason as Error)
    }
    if (signal?.aborted === true) return abort()
    const ignore = onAbort(signal, abort)
    socket.once('close', () => reject(lastError() ?? new Error('connection closed')))
    socket.once('connect', () => {
      ignore()
      resolve()
    })
  })
