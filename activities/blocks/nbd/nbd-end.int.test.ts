import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

import { compareEnds } from '../compare-ends.js'
import { nbdkit, qemuNbd, run } from '../testing/servers.js'
import { noise, scratch } from '../testing/scratch.js'
import { memoryEnd } from '../memory-end.js'
import { openNbd } from './nbd-end.js'

jest.setTimeout(30_000)

const MiB = 2 ** 20
const content = Buffer.concat([noise(5 * MiB, 1), Buffer.alloc(6 * MiB), noise(5 * MiB, 2)])
const target = { side: 'target' } as const
const source = { side: 'source' } as const

test.each([
  { name: 'as it is', args: [] },
  { name: 'without structured replies', args: ['--no-sr'] },
  { name: 'without fixed newstyle', args: ['--mask-handshake=0'] },
  { name: 'without multi-conn', args: ['--filter=multi-conn'], parameters: ['multi-conn-mode=disable'] },
  { name: 'without extents', args: ['--filter=noextents'] },
  { name: 'without zeroing', args: ['--filter=nozero'] },
  { name: 'with emulated zeroing', args: ['--filter=nozero'], parameters: ['zeromode=emulate'] },
  {
    name: 'with block sizes that must be kept',
    args: ['--filter=blocksize-policy'],
    parameters: [
      'blocksize-minimum=4096',
      'blocksize-preferred=64K',
      'blocksize-maximum=256K',
      'blocksize-error-policy=error',
    ],
  },
  { name: 'with slow answers', args: ['--filter=delay'], parameters: ['delay-read=2ms', 'delay-write=2ms'] },
  { name: 'that exits after its last client', args: ['--filter=exitlast'] },
])('an nbdkit $name takes and gives back the same bytes', async ({ args, parameters = [] }) => {
  await using dir = await scratch()
  await using server = await nbdkit(dir.path('s'), [...args, 'memory', `${content.length}`, ...parameters])
  {
    await using end = await openNbd({ socketPath: server.socketPath }, target)
    expect(end).toMatchObject({ sizeBytes: content.length, readOnly: false })
    await Promise.all(
      Array.from({ length: 16 }, (_, i) => end.write(i * MiB, content.subarray(i * MiB, (i + 1) * MiB))),
    )
    await end.write(8 * MiB, noise(65_536, 3))
    await end.zero(8 * MiB - 4096, 73_728)
    await end.flush()
    expect(await compareEnds(end, memoryEnd(content))).toEqual([])
    expect(await end.read(777, 5000)).toEqual(content.subarray(777, 5777))
    const status = await end.status(MiB, 14 * MiB)
    expect(status.reduce((at, extent) => (extent.offset === at ? at + extent.length : NaN), MiB)).toBe(
      15 * MiB,
    )
    for (const { offset, length } of status.filter((extent) => extent.zero))
      expect(content.subarray(offset, offset + length).every((byte) => byte === 0)).toBe(true)
  }
  if (args.includes('--filter=exitlast')) expect(await server.exited()).toMatchObject({ code: 0 })
})

test('several connections only where the server promises multi-conn', async () => {
  await using dir = await scratch()
  await using many = await nbdkit(dir.path('1'), ['memory', '1M'])
  await using one = await nbdkit(dir.path('2'), [
    '--filter=multi-conn',
    'memory',
    '1M',
    'multi-conn-mode=disable',
  ])
  await using a = await openNbd({ socketPath: many.socketPath }, { ...target, connections: 3 })
  await using b = await openNbd({ socketPath: one.socketPath }, { ...target, connections: 3 })
  expect([a.connections, b.connections]).toEqual([3, 1])
  expect([a.hasBlockStatus, b.hasBlockStatus]).toEqual([true, true])
})

test.each(['raw', 'qcow2'])(
  'qemu-nbd %s holds what was written, and nbdcopy reads the same',
  async (format) => {
    await using dir = await scratch()
    await run('qemu-img', ['create', '-q', '-f', format, dir.path('disk'), `${content.length}`])
    await using server = await qemuNbd(dir.path('s'), dir.path('disk'), { format, exportName: 'disk-1' })
    await using end = await openNbd({ socketPath: server.socketPath }, { ...target, exportName: 'disk-1' })
    expect(end.connections).toBe(4)
    for (let at = 0; at < content.length; at += MiB) await end.write(at, content.subarray(at, at + MiB))
    await end.flush()
    await writeFile(dir.path('oracle'), content)
    await run('nbdcopy', [server.uri('disk-1'), dir.path('back')])
    await run('cmp', [dir.path('back'), dir.path('oracle')])
    const zeros = (await end.status(0, content.length)).filter((extent) => extent.zero)
    expect(zeros).toEqual([expect.objectContaining({ offset: 5 * MiB, length: 6 * MiB })])
  },
)

test('the answers of a server become errnos with side, operation and place', async () => {
  await using dir = await scratch()
  const failing = [
    '--filter=error',
    'memory',
    '1M',
    'error-rate=100%',
    'error-pread=ENOSPC',
    'error-pwrite=EPERM',
    'error-zero=EIO',
  ]
  await using server = await nbdkit(dir.path('s'), failing)
  await using end = await openNbd({ socketPath: server.socketPath }, target)
  await expect(end.read(4096, 512)).rejects.toMatchObject({
    name: 'EndError',
    side: 'target',
    op: 'read',
    offset: 4096,
    length: 512,
    errno: 'ENOSPC',
    retry: false,
  })
  await expect(end.write(0, Buffer.alloc(512))).rejects.toMatchObject({ op: 'write', errno: 'EPERM' })
  await expect(end.zero(0, 65_536)).rejects.toMatchObject({ op: 'zero', errno: 'EIO' })
  await expect(end.read(MiB - 1, 2)).rejects.toMatchObject({ op: 'read', errno: 'EINVAL' })
})

test('a read-only export refuses to be written', async () => {
  await using dir = await scratch()
  await using server = await nbdkit(dir.path('s'), ['--readonly', 'memory', '1M'])
  await using end = await openNbd({ socketPath: server.socketPath }, target)
  expect(end.readOnly).toBe(true)
  await expect(end.write(0, Buffer.alloc(512))).rejects.toMatchObject({ op: 'write', errno: 'EPERM' })
  await expect(end.zero(0, 512)).rejects.toMatchObject({ op: 'zero', errno: 'EPERM' })
})

test('an export that is not there, a socket that is not there, and a server that is none are named', async () => {
  await using dir = await scratch()
  await run('qemu-img', ['create', '-q', '-f', 'raw', dir.path('disk'), '1M'])
  await using server = await qemuNbd(dir.path('s'), dir.path('disk'), { format: 'raw', exportName: 'a' })
  await expect(
    openNbd({ socketPath: server.socketPath }, { ...source, exportName: 'b' }),
  ).rejects.toMatchObject({ op: 'open', errno: 'ENOENT' })
  await expect(openNbd({ socketPath: dir.path('none') }, source)).rejects.toMatchObject({
    op: 'open',
    errno: 'ENOENT',
  })
  await using web = await fakeServer((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  await expect(openNbd(web.address, source)).rejects.toMatchObject({ op: 'open', errno: 'EPROTO' })
  await using silent = await fakeServer(() => {})
  await expect(openNbd(silent.address, { ...source, handshakeMs: 100 })).rejects.toMatchObject({
    op: 'open',
    errno: 'ETIMEDOUT',
  })
  const signal = AbortSignal.timeout(50)
  await expect(openNbd(silent.address, { ...source, signal })).rejects.toMatchObject({ name: 'TimeoutError' })
  await using rude = await fakeServer((socket) => void socket.end())
  await expect(openNbd(rude.address, source)).rejects.toMatchObject({ name: 'EndError', op: 'open' })
})

test.each([
  {
    name: 'an unknown handle',
    reply: (handle: Buffer) => simpleReply(Buffer.alloc(8, 0xee), handle.length * 0),
  },
  { name: 'no reply at all', reply: () => Buffer.from('nonsense that is no reply at all') },
])('$name breaks the connection, and every request with it', async ({ reply }) => {
  await using server = await fakeServer(serveExport((handle) => reply(handle)))
  await using end = await openNbd(server.address, source)
  const reads = await Promise.allSettled([end.read(0, 512), end.read(512, 512), end.read(1024, 512)])
  for (const read of reads)
    expect(read).toMatchObject({
      status: 'rejected',
      reason: { name: 'EndError', op: 'read', errno: 'EPROTO' },
    })
  await expect(end.read(0, 512)).rejects.toMatchObject({ errno: 'EPROTO' })
})

test('a server killed in flight rejects all requests at once', async () => {
  await using dir = await scratch()
  await using server = await nbdkit(dir.path('s'), ['--filter=delay', 'memory', '16M', 'delay-read=60'])
  await using end = await openNbd({ socketPath: server.socketPath }, source)
  // More than four connections of depth 8 hold: some wait in line.
  const reads = Array.from({ length: 40 }, (_, i) => end.read(i * 4096, 4096))
  const settled = Promise.allSettled(reads)
  await sleep(100)
  const start = performance.now()
  server.signal('SIGKILL')
  for (const read of await settled)
    expect(read).toMatchObject({ status: 'rejected', reason: { op: 'read', retry: true } })
  expect(performance.now() - start).toBeLessThan(1000)
})

test('a stopped server does not keep an aborted request, or dispose, for more than a second', async () => {
  await using dir = await scratch()
  await using server = await nbdkit(dir.path('s'), ['memory', '16M'])
  const end = await openNbd({ socketPath: server.socketPath }, source)
  server.signal('SIGSTOP')
  const aborter = new AbortController()
  const reads = Array.from({ length: 40 }, (_, i) => end.read(i * 4096, 4096, aborter.signal))
  const settled = Promise.allSettled(reads)
  const start = performance.now()
  aborter.abort(new Error('enough'))
  for (const read of await settled)
    expect(read).toMatchObject({ status: 'rejected', reason: { message: 'enough' } })
  await end[Symbol.asyncDispose]()
  expect(performance.now() - start).toBeLessThan(1000)
})

test('aborted requests do not take the place of later ones', async () => {
  await using dir = await scratch()
  await using server = await nbdkit(dir.path('s'), ['--filter=delay', 'memory', '1M', 'delay-read=100ms'])
  await using end = await openNbd({ socketPath: server.socketPath }, { ...source, connections: 1, depth: 2 })
  const aborter = new AbortController()
  const first = Promise.allSettled([end.read(0, 512, aborter.signal), end.read(0, 512, aborter.signal)])
  const later = Promise.all([end.read(0, 512), end.read(0, 512), end.read(0, 512)])
  aborter.abort(new Error('enough'))
  expect((await first).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect((await later).length).toBe(3)
})

test('dispose with requests in flight drains them and leaves nbdkit well', async () => {
  await using dir = await scratch()
  await using server = await nbdkit(dir.path('s'), ['--filter=delay', 'memory', '16M', 'delay-read=200ms'])
  for (let round = 0; round < 5; round++) {
    const end = await openNbd({ socketPath: server.socketPath }, source)
    const reads = Promise.allSettled(Array.from({ length: 16 }, (_, i) => end.read(i * MiB, MiB)))
    await end[Symbol.asyncDispose]()
    expect((await reads).every(({ status }) => status === 'fulfilled')).toBe(true)
  }
  await using again = await openNbd({ socketPath: server.socketPath }, source)
  expect(again.sizeBytes).toBe(16 * MiB)
  server.signal('SIGTERM')
  await again[Symbol.asyncDispose]()
  expect(await server.exited()).toMatchObject({ signal: null, code: 0 })
})

const fakeServer = async (serve: (socket: Socket) => void) => {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    serve(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return {
    address: { host: '127.0.0.1', port },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

const simpleReply = (handle: Buffer, error: number): Buffer => {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(0x67446698, 0)
  head.writeUInt32BE(error, 4)
  return Buffer.concat([head, handle])
}

/** Old newstyle (no options): a 1 MiB export whose first request is answered by `answer`. */
const serveExport = (answer: (handle: Buffer) => Buffer) => (socket: Socket) => {
  let stage = 0
  socket.write(Buffer.concat([Buffer.from('NBDMAGICIHAVEOPT'), Buffer.from([0, 2])]))
  socket.on('data', (data) => {
    stage++
    if (stage === 1) {
      const reply = Buffer.alloc(10)
      reply.writeBigUInt64BE(1048576n, 0)
      reply.writeUInt16BE(1, 8)
      if (data.length > 4) socket.write(reply)
      else socket.once('data', () => socket.write(reply))
      if (data.length === 4) stage--
      return
    }
    socket.write(answer(data.subarray(8, 16)))
  })
}
