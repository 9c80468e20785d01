import { connect } from 'node:net'

import { onAbort } from '../on-abort.js'
import type { NbdPlace } from './address.js'

/**
 * Bytes to and from a server. Payloads are read by the kernel straight into the receiver's buffer
 * (`onread` with the exact remaining slice); bytes nobody asked for yet wait in a small spill buffer.
 */
export interface Wire {
  /** Calls `filled` once `into` is full. One receiver at a time; `filled` may ask for the next bytes. */
  receive(into: Buffer, filled: () => void): void
  /** Sends the parts with one writev, together with others of the same tick. */
  send(...parts: readonly Buffer[]): void
  bytesMoved(): number
  /** Sends what is queued, then closes; forces the close after `forceMs`. Resolves when closed. */
  close(forceMs: number): Promise<void>
  destroy(error?: Error): void
}

const spillBytes = 65_536

/** Connects; `onLost` is called once, when the connection is gone for any reason. */
export const openWire = async (
  address: NbdPlace,
  onLost: (error: Error | undefined) => void,
  signal?: AbortSignal,
): Promise<Wire> => {
  const receiver = createReceiver(() => socket.destroy(new Error('the server sent bytes out of turn')))
  const target = 'socketPath' in address ? { path: address.socketPath } : address
  const onread = { buffer: receiver.nextBuffer, callback: receiver.landed }
  const socket = connect({ ...target, onread, noDelay: true, keepAlive: true })
  let lastError: Error | undefined
  const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.on('error', (error) => (lastError = error))
  await new Promise<void>((resolve, reject) => {
    const abort = (): void => {
      socket.destroy()
      reject(signal?.reason as Error)
    }
    if (signal?.aborted === true) return abort()
    const ignore = onAbort(signal, abort)
    socket.once('close', () => reject(lastError ?? new Error('connection closed')))
    socket.once('connect', () => {
      ignore()
      resolve()
    })
  })
  void gone.then(() => onLost(lastError))
  // Without this the half-open socket would wait for us after the server's end of file.
  socket.once('end', () => socket.destroy())

  let corked = false
  const uncork = (): void => {
    corked = false
    socket.uncork()
  }
  return {
    receive: receiver.receive,
    bytesMoved: () => socket.bytesRead + socket.bytesWritten,
    destroy: (error) => void socket.destroy(error),
    send(...parts) {
      if (!corked) {
        corked = true
        socket.cork()
        process.nextTick(uncork)
      }
      for (const part of parts) socket.write(part)
    },
    async close(forceMs) {
      if (socket.destroyed) return gone
      const timer = setTimeout(() => socket.destroy(), forceMs)
      socket.end()
      await gone
      clearTimeout(timer)
    },
  }
}

const createReceiver = (overflow: () => void) => {
  const spill = Buffer.allocUnsafeSlow(spillBytes)
  let spillStart = 0
  let spillEnd = 0
  let into: Buffer | undefined
  let at = 0
  let filled = (): void => {}
  let landsInSpill = true
  let isPumping = false

  const pump = (): void => {
    if (isPumping) return
    isPumping = true
    while (into !== undefined) {
      if (at < into.length && spillStart < spillEnd) {
        const taken = spill.copy(into, at, spillStart, spillEnd)
        at += taken
        spillStart += taken
      }
      if (at < into.length) break
      into = undefined
      filled()
    }
    isPumping = false
  }
  return {
    receive(buffer: Buffer, whenFilled: () => void): void {
      into = buffer
      at = 0
      filled = whenFilled
      pump()
    },
    nextBuffer(): Buffer {
      landsInSpill = into === undefined
      if (into !== undefined) return into.subarray(at)
      // Only here: a slice of the spill that the kernel may still fill must keep its place.
      if (spillStart === spillEnd) spillStart = spillEnd = 0
      if (spillEnd === spill.length) overflow()
      return spillEnd === spill.length ? Buffer.alloc(1) : spill.subarray(spillEnd)
    },
    landed(bytes: number): boolean {
      if (landsInSpill) spillEnd += bytes
      else at += bytes
      pump()
      return true
    },
  }
}
