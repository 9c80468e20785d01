import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

/** The other side of one connection, as a script uses it. */
export interface Peer {
  readonly socket: Socket
  /** Resolves with exactly so many bytes; ends the script where the client closes first. */
  take(bytes: number): Promise<Buffer>
  send(...parts: readonly Buffer[]): void
  /** Closes as a server does that was killed. */
  cut(): void
}

export interface ScriptedServer extends AsyncDisposable {
  readonly address: { readonly host: string; readonly port: number }
}

const closed = Symbol('the client closed the connection')

/** A server of the test's own making; an error of the script (not the client's leaving) fails the test at the end. */
export const scriptedServer = async (
  script: (peer: Peer, connection: number) => Promise<void>,
): Promise<ScriptedServer> => {
  const sockets = new Set<Socket>()
  const problems: unknown[] = []
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    script(openPeer(socket), sockets.size - 1).catch((error: unknown) => {
      if (error !== closed) problems.push(error)
      socket.destroy()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return {
    address: { host: '127.0.0.1', port },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
      if (problems.length > 0) throw problems[0]
    },
  }
}

const openPeer = (socket: Socket): Peer => {
  let came = Buffer.alloc(0)
  let isOver = false
  let wake = (): void => {}
  socket.on('data', (bytes) => {
    came = Buffer.concat([came, bytes])
    wake()
  })
  socket.on('close', () => {
    isOver = true
    wake()
  })
  return {
    socket,
    async take(bytes) {
      while (came.length < bytes) {
        if (isOver) throw closed
        await new Promise<void>((resolve) => (wake = resolve))
      }
      const taken = came.subarray(0, bytes)
      came = came.subarray(bytes)
      return taken
    },
    send: (...parts) => void socket.write(Buffer.concat(parts)),
    cut: () => socket.destroy(),
  }
}
