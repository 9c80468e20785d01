import { randomInt } from 'node:crypto'
import { createServer, type Server } from 'node:net'

const host = '127.0.0.1'

/**
 * Chooses one free loopback port per name: the usual one, or any when that is taken (0 asks for any).
 * All are held open until the last is chosen, so no two names get the same.
 */
export const choosePorts = async <Name extends string>(
  usual: Readonly<Record<Name, number>>,
): Promise<Record<Name, number>> => {
  const held: Server[] = []
  const chosen: Partial<Record<Name, number>> = {}
  try {
    for (const name of Object.keys(usual) as Name[]) {
      const server = (usual[name] === 0 ? undefined : await tryListen(usual[name])) ?? (await anyPort())
      if (server === undefined) throw new Error(`No free port on ${host} for ${name}.`)
      held.push(server)
      chosen[name] = portOf(server)
    }
  } finally {
    await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))))
  }
  return chosen as Record<Name, number>
}

/** Below those that the system gives to outgoing connections: one of them could take it before its server does. */
const anyPort = async (): Promise<Server | undefined> => {
  for (let tries = 0; tries < 50; tries += 1) {
    const server = await tryListen(randomInt(10_240, 32_768))
    if (server !== undefined) return server
  }
  return await tryListen(0)
}

/** True when nobody listens on the port and we may. */
export const isPortFree = async (port: number): Promise<boolean> => {
  const server = await tryListen(port)
  if (server === undefined) return false
  await new Promise((resolve) => server.close(resolve))
  return true
}

const tryListen = (port: number): Promise<Server | undefined> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' || error.code === 'EACCES' ? resolve(undefined) : reject(error),
    )
    server.listen({ port, host, exclusive: true }, () => resolve(server))
  })

const portOf = (server: Server): number => {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
