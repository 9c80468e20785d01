import { readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createServer, TLSSocket } from 'node:tls'

import { compareEnds } from '../compare-ends.js'
import { memoryEnd } from '../memory-end.js'
import { answer, greet, reply, takeOption } from '../testing/nbd-script.js'
import { noise, scratch } from '../testing/scratch.js'
import { scriptedServer, type Peer } from '../testing/scripted-server.js'
import { nbdkit, qemuNbd, run } from '../testing/servers.js'
import { makeTlsFiles, nbdkitTls, qemuTls, type TlsFiles } from '../testing/tls-files.js'
import type { NbdTls } from './address.js'
import { openNbd } from './nbd-end.js'

jest.setTimeout(60_000)

const MiB = 2 ** 20
const content = Buffer.concat([noise(3 * MiB, 1), Buffer.alloc(2 * MiB), noise(3 * MiB + 512, 2)])
const target = { side: 'target' } as const
const source = { side: 'source' } as const

let home: Awaited<ReturnType<typeof scratch>>
let files: TlsFiles
beforeAll(async () => {
  home = await scratch()
  files = await makeTlsFiles(home.path)
})
afterAll(() => home[Symbol.asyncDispose]())

const psk = (user = 'alice'): NbdTls => ({ kind: 'psk', pskFile: files.pskFile, user })
const x509 = (more: Partial<Extract<NbdTls, { kind: 'x509' }>> = {}): NbdTls => ({
  kind: 'x509',
  directory: files.certificates,
  ...more,
})
const kinds = { psk: () => psk(), x509: () => x509() }

describe.each(['psk', 'x509'] as const)('with TLS (%s)', (kind) => {
  test('an nbdkit takes and gives back the same bytes, under AES-GCM', async () => {
    await using dir = await scratch()
    await using server = await nbdkit(dir.path('s'), [
      ...nbdkitTls(files, kind),
      'memory',
      `${content.length}`,
    ])
    await using end = await openNbd({ socketPath: server.socketPath, tls: kinds[kind]() }, target)
    expect(end.cipher).toBe('TLS_AES_128_GCM_SHA256')
    expect(end.connections).toBe(4)
    await Promise.all(
      Array.from({ length: 9 }, (_, i) => end.write(i * MiB, content.subarray(i * MiB, (i + 1) * MiB))),
    )
    await end.flush()
    expect(await compareEnds(end, memoryEnd(content))).toEqual([])
    expect(await end.read(777, 5000)).toEqual(content.subarray(777, 5777))
    expect((await end.status(0, content.length)).length).toBeGreaterThan(0)
    expect(end.bytesMoved()).toBeGreaterThan(content.length)
  })

  test('a qemu-nbd holds what was written, as qemu-img sees it', async () => {
    await using dir = await scratch()
    await run('qemu-img', ['create', '-q', '-f', 'qcow2', dir.path('disk'), `${content.length}`])
    await writeFile(dir.path('oracle'), content)
    {
      await using server = await qemuNbd(dir.path('s'), dir.path('disk'), { more: qemuTls(files, kind) })
      await using end = await openNbd({ socketPath: server.socketPath, tls: kinds[kind]() }, target)
      expect(end.cipher).toBe('TLS_AES_128_GCM_SHA256')
      for (let at = 0; at < content.length; at += MiB) await end.write(at, content.subarray(at, at + MiB))
      await end.flush()
    }
    await run('qemu-img', ['compare', '-f', 'raw', '-F', 'qcow2', dir.path('oracle'), dir.path('disk')])
  })

  test('a server that requires TLS says so to a client that has none', async () => {
    await using dir = await scratch()
    await using server = await nbdkit(dir.path('s'), [...nbdkitTls(files, kind), 'memory', '1M'])
    await expect(openNbd({ socketPath: server.socketPath }, source)).rejects.toMatchObject({
      name: 'EndError',
      op: 'open',
      errno: 'EACCES',
      retry: false,
      message: expect.stringContaining('requires TLS') as string,
    })
  })

  test('a server that is killed is a loss that a new attempt may mend', async () => {
    await using dir = await scratch()
    const args = [...nbdkitTls(files, kind), '--filter=delay', 'memory', '16M', 'delay-read=60']
    await using server = await nbdkit(dir.path('s'), args)
    await using end = await openNbd({ socketPath: server.socketPath, tls: kinds[kind]() }, source)
    const reads = Promise.allSettled(Array.from({ length: 20 }, (_, i) => end.read(i * 4096, 4096)))
    server.signal('SIGKILL')
    for (const read of await reads)
      expect(read).toMatchObject({ status: 'rejected', reason: { op: 'read', retry: true } })
  })
})

test('a server without TLS is refused, and hears nothing but that TLS was wanted', async () => {
  await using dir = await scratch()
  await using server = await nbdkit(dir.path('s'), ['--tls=off', 'memory', '1M'])
  const refusal = { name: 'EndError', op: 'open', errno: 'ENOTSUP', retry: false }
  const secret = { ...source, exportName: 'secret' }
  await expect(openNbd({ socketPath: server.socketPath, tls: psk() }, secret)).rejects.toMatchObject({
    ...refusal,
    message: expect.stringContaining('TLS was asked for, and the server has none') as string,
  })
  let heard = Buffer.alloc(0)
  await using plain = await scriptedServer(async (peer) => {
    peer.socket.on('data', (bytes) => (heard = Buffer.concat([heard, bytes])))
    await greet(peer)
    for (;;) peer.send(answer((await takeOption(peer)).code, reply.unsupported))
  })
  await expect(openNbd({ ...plain.address, tls: psk() }, secret)).rejects.toMatchObject(refusal)
  expect(heard.toString('latin1', 4)).toBe('IHAVEOPT\0\0\0\x05\0\0\0\0')
  await using old = await scriptedServer(async (peer) => {
    await greet(peer, 0)
    await peer.take(1)
  })
  await expect(openNbd({ ...old.address, tls: psk() }, secret)).rejects.toMatchObject(refusal)
})

test('bytes in plain text behind the agreement to TLS break the connection', async () => {
  const injected = answer(7, reply.ack)
  await using server = await scriptedServer(async (peer) => {
    await greet(peer)
    const { code } = await takeOption(peer)
    peer.send(answer(code, reply.ack), injected)
    await peer.take(1)
  })
  await expect(openNbd({ ...server.address, tls: psk() }, source)).rejects.toMatchObject({
    op: 'open',
    errno: 'EPROTO',
    message: expect.stringContaining('in plain text') as string,
  })
})

test('a server that falls silent in the TLS handshake is given up', async () => {
  await using server = await scriptedServer(async (peer) => {
    await greet(peer)
    peer.send(answer((await takeOption(peer)).code, reply.ack))
    await peer.take(1e9)
  })
  const opening = openNbd({ ...server.address, tls: psk() }, { ...source, handshakeMs: 200 })
  await expect(opening).rejects.toMatchObject({ op: 'open', errno: 'ETIMEDOUT', retry: true })
})

test('a server that shows a certificate where a key was asked for is refused', async () => {
  const [key, cert] = await Promise.all(
    ['server-key.pem', 'server-cert.pem'].map((name) => readFile(join(files.certificates, name))),
  )
  const tls = createServer({ key: key!, cert: cert! })
  let wentOn = false
  await using server = await scriptedServer(async (peer) => {
    await greet(peer)
    peer.send(answer((await takeOption(peer)).code, reply.ack))
    peer.socket.removeAllListeners('data')
    const secured = new TLSSocket(peer.socket, { isServer: true, server: tls, key: key!, cert: cert! })
    secured.on('data', () => (wentOn = true)).on('error', () => {})
    await new Promise((resolve) => secured.once('close', resolve))
  })
  await expect(openNbd({ ...server.address, tls: psk() }, source)).rejects.toMatchObject({
    op: 'open',
    errno: 'EACCES',
  })
  expect(wentOn).toBe(false)
})

test('a key that the server does not know, or that is not there, is named without its digits', async () => {
  await using dir = await scratch()
  await using server = await nbdkit(dir.path('s'), [...nbdkitTls(files, 'psk'), 'memory', '1M'])
  const openWith = (pskFile: string, user: string) =>
    openNbd({ socketPath: server.socketPath, tls: { kind: 'psk', pskFile, user } }, source)
  await writeFile(dir.path('other'), `alice:${'00'.repeat(32)}\nmallory:0123456789abcdeg\n`)
  await expect(openWith(dir.path('other'), 'alice')).rejects.toMatchObject({
    op: 'open',
    message: expect.stringMatching(/TLS handshake|no TLS/) as string,
  })
  await expect(openWith(dir.path('other'), 'mallory')).rejects.toMatchObject({
    errno: 'EINVAL',
    message: expect.not.stringContaining('0123456789abcde') as string,
  })
  await expect(openWith(files.pskFile, 'carol')).rejects.toMatchObject({
    errno: 'ENOENT',
    message: expect.stringContaining('"carol"') as string,
  })
  await expect(openWith(dir.path('none'), 'alice')).rejects.toMatchObject({ op: 'open', errno: 'ENOENT' })
  await using end = await openWith(files.pskFile, 'bob')
  expect(end.sizeBytes).toBe(MiB)
})

test('a certificate counts only of our authority, with the right name, and both ways', async () => {
  await using dir = await scratch()
  await using server = await nbdkit(dir.path('s'), [...nbdkitTls(files, 'x509'), 'memory', '1M'])
  const openWith = async (tls: NbdTls): Promise<string | undefined> => {
    await using end = await openNbd({ socketPath: server.socketPath, tls }, source)
    return end.cipher
  }
  const refusal = { op: 'open', errno: 'EACCES', retry: false }
  await expect(openWith(x509({ directory: files.strangers }))).rejects.toMatchObject(refusal)
  await expect(openWith(x509({ hostname: 'example.com' }))).rejects.toMatchObject(refusal)
  await expect(openWith(x509({ hostname: '127.0.0.2' }))).rejects.toMatchObject(refusal)
  await expect(openWith({ kind: 'x509' })).rejects.toMatchObject(refusal)
  await expect(openWith(x509({ hostname: '127.0.0.1' }))).resolves.toMatch(/AES.*GCM/)
  await expect(openWith(x509({ hostname: 'example.com', verifyPeer: false }))).resolves.toMatch(/AES.*GCM/)
  await writeFile(dir.path('ca-cert.pem'), await readFile(join(files.certificates, 'ca-cert.pem')))
  const withoutOurs = openWith(x509({ directory: dir.path('') }))
  await expect(withoutOurs).rejects.toMatchObject({ name: 'EndError' })
  await expect(openWith(x509({ directory: dir.path('none') }))).rejects.toMatchObject({ errno: 'ENOENT' })
})

const relayTo =
  (socketPath: string) =>
  async ({ socket }: Peer): Promise<void> => {
    // A server that hangs up on what it was still sent resets the connection: no matter here.
    const other = connect(socketPath).on('error', () => socket.destroy())
    socket.removeAllListeners('data')
    socket.pipe(other).pipe(socket)
    await new Promise((resolve) => other.once('close', resolve))
  }

test('a host is reached by its name over TCP', async () => {
  await using dir = await scratch()
  await run('qemu-img', ['create', '-q', '-f', 'raw', dir.path('disk'), '1M'])
  await using server = await qemuNbd(dir.path('s'), dir.path('disk'), {
    format: 'raw',
    more: qemuTls(files, 'x509'),
  })
  await using relay = await scriptedServer(relayTo(server.socketPath))
  const { port } = relay.address
  await using end = await openNbd({ host: 'localhost', port, tls: x509() }, source)
  expect(end.sizeBytes).toBe(MiB)
  await using byNumber = await openNbd({ host: '127.0.0.1', port, tls: x509() }, source)
  expect(byNumber.sizeBytes).toBe(MiB)
})
