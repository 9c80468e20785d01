import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { once } from 'node:events'
import type { Platform, TlsTrust } from '../../../domain/platform.js'
import type { PlatformConnection } from '../platform.js'
import { openVmware } from './connect.js'

const platformAt = (host: string, tls: TlsTrust = { mode: 'verify' }): Platform => ({
  id: 'p',
  name: 'p',
  kind: 'vmware',
  host,
  username: 'u',
  credential_id: 'none',
  datacenter: null,
  tls,
  transport: 'vddk',
  created_at: '2026-01-01T00:00:00.000Z',
  updated_at: '2026-01-01T00:00:00.000Z',
})

const connect = (
  port: number,
  options: { callTimeoutMs?: number; signal?: AbortSignal } = {},
): Promise<PlatformConnection> => openVmware(platformAt(`127.0.0.1:${port}`), 'secret', options)

const serving = async (greet: (socket: Socket) => void): Promise<{ port: number } & AsyncDisposable> => {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    greet(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

test('a port where nothing answers is unreachable, and the check says so in its first line', async () => {
  const free = await serving(() => undefined)
  await free[Symbol.asyncDispose]()
  await using connection = await connect(free.port)
  await expect(connection.inventory.listVms()).rejects.toMatchObject({
    code: 'source-unreachable',
    retry: true,
    message: `vCenter 127.0.0.1:${free.port} cannot be reached: nothing answers at its port`,
    facts: { errno: 'ECONNREFUSED' },
  })
  expect(await connection.inventory.check()).toMatchObject([{ name: 'certificate', ok: false }])
})

test('a server that does not speak TLS is told', async () => {
  await using server = await serving((socket) =>
    socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
  )
  await using connection = await connect(server.port)
  await expect(connection.inventory.listVms()).rejects.toMatchObject({
    code: 'source-unreachable',
    message: expect.stringContaining('does not speak TLS') as string,
  })
})

test('a server that says nothing is given up at the call’s time-out', async () => {
  await using server = await serving(() => undefined)
  await using connection = await connect(server.port, { callTimeoutMs: 80 })
  await expect(connection.inventory.listVms()).rejects.toMatchObject({
    code: 'source-unreachable',
    facts: { errno: 'ETIMEDOUT' },
  })
})

test('the connection’s signal ends a call with its own reason', async () => {
  const greeted = new AbortController()
  await using server = await serving(() => greeted.abort(new Error('the run was cancelled')))
  await using connection = await connect(server.port, { signal: greeted.signal })
  await expect(connection.inventory.listVms()).rejects.toThrow('the run was cancelled')
})

test('a CA that is no certificate is refused before anything is sent', async () => {
  await using server = await serving(() => undefined)
  const platform = platformAt(`127.0.0.1:${server.port}`, {
    mode: 'ca',
    ca_pem: '-----BEGIN CERTIFICATE-----\nbm8=\n-----END CERTIFICATE-----',
  })
  await using connection = await openVmware(platform, 'secret', {})
  await expect(connection.inventory.listVms()).rejects.toMatchObject({
    code: 'source-certificate-untrusted',
    retry: false,
  })
})
