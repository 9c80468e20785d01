import { createServer } from 'node:net'
import { choosePorts, isPortFree } from './ports.js'

const listen = (port: number): Promise<{ port: number } & AsyncDisposable> =>
  new Promise((resolve) => {
    const server = createServer().listen(port, '127.0.0.1', () => {
      const address = server.address()
      if (address === null || typeof address === 'string') throw new Error('no port')
      const close = () => new Promise<void>((closed) => server.close(() => closed()))
      resolve({ port: address.port, [Symbol.asyncDispose]: close })
    })
  })

test('a usual port that is free is taken', async () => {
  const { port } = await listen(0).then(async (held) => {
    await held[Symbol.asyncDispose]()
    return held
  })
  expect(await choosePorts({ api: port })).toEqual({ api: port })
})

test('a usual port that is taken is replaced by a free one', async () => {
  await using held = await listen(0)
  const { api } = await choosePorts({ api: held.port })
  expect(api).not.toBe(held.port)
  expect(await isPortFree(api)).toBe(true)
  expect(await isPortFree(held.port)).toBe(false)
})

test('any port is one that no outgoing connection is given', async () => {
  const { api } = await choosePorts({ api: 0 })
  expect(api).toBeLessThan(32_768)
})

test('names that ask for the same port get different ones', async () => {
  const { port } = await choosePorts({ port: 0 })
  const { first, second } = await choosePorts({ first: port, second: port })
  expect(first).not.toBe(second)
})
