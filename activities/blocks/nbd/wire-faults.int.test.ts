import {
  dataChunk,
  errorChunk,
  serveOptions,
  simpleReply,
  structuredChunk,
  takeRequest,
  u32,
  u64,
  type ScriptedChunk,
  type ScriptedExport,
  type ScriptedRequest,
} from '../testing/nbd-script.js'
import { noise } from '../testing/scratch.js'
import { scriptedServer, type Peer } from '../testing/scripted-server.js'
import { openNbd } from './nbd-end.js'

jest.setTimeout(20_000)

const sizeBytes = 2 ** 20
const source = { side: 'source' } as const
const target = { side: 'target' } as const
const content = noise(sizeBytes, 7)

/** Serves requests by the script; goodbyes end it. */
const serve = (answer: (peer: Peer, request: ScriptedRequest) => void, about: Partial<ScriptedExport> = {}) =>
  scriptedServer(async (peer) => {
    await serveOptions(peer, { sizeBytes, ...about })
    for (;;) {
      const request = await takeRequest(peer)
      if (request.command === 2) return peer.cut()
      answer(peer, request)
    }
  })

const withChunks = (...chunks: readonly ScriptedChunk[]) =>
  serve((peer, request) => peer.send(...chunks.map((one) => structuredChunk(request, one))))

const part = (from: number, to: number): Buffer => content.subarray(from, to)

test.each<{ name: string; chunks: ScriptedChunk[] }>([
  { name: 'too few bytes', chunks: [dataChunk(4096, part(0, 512), true)] },
  { name: 'no bytes at all', chunks: [{ type: 0, isDone: true }] },
  {
    name: 'one part twice and another never',
    chunks: [dataChunk(4096, part(0, 512)), dataChunk(4096, part(0, 512), true)],
  },
  {
    name: 'parts that overlap',
    chunks: [
      dataChunk(4352, part(0, 768)),
      dataChunk(4096, part(0, 256)),
      dataChunk(4096, part(0, 256), true),
    ],
  },
])('a reply with $name is an error, and the connection goes on', async ({ chunks }) => {
  let asked = 0
  await using server = await serve((peer, request) =>
    asked++ === 0
      ? peer.send(...chunks.map((one) => structuredChunk(request, one)))
      : peer.send(structuredChunk(request, dataChunk(request.offset, part(0, request.length), true))),
  )
  await using end = await openNbd(server.address, source)
  await expect(end.read(4096, 1024)).rejects.toMatchObject({
    name: 'EndError',
    side: 'source',
    op: 'read',
    offset: 4096,
    length: 1024,
    errno: 'EPROTO',
  })
  expect(await end.read(0, 512)).toEqual(part(0, 512))
})

test('parts in any order, and holes, make up a whole', async () => {
  const hole = { type: 2, data: Buffer.concat([u64(512), u32(512)]) }
  await using server = await withChunks(dataChunk(1024, part(1024, 1536)), hole, dataChunk(0, part(0, 512)), {
    type: 0,
    isDone: true,
  })
  await using end = await openNbd(server.address, source)
  const into = Buffer.alloc(1536, 0xee)
  await end.readInto(0, into)
  expect(into).toEqual(Buffer.concat([part(0, 512), Buffer.alloc(512), part(1024, 1536)]))
})

test('an error in the middle of a read keeps the offset that the server named', async () => {
  await using server = await withChunks(dataChunk(4096, part(0, 2048)), errorChunk(5, 'bad sector\n', 6144))
  await using end = await openNbd(server.address, source)
  await expect(end.read(4096, 8192)).rejects.toMatchObject({
    op: 'read',
    offset: 6144,
    length: 6144,
    errno: 'EIO',
    retry: false,
    message: expect.stringContaining('bad sector?') as string,
  })
})

test.each<{ name: string; send: (request: ScriptedRequest) => Buffer }>([
  { name: 'an unknown magic', send: () => Buffer.alloc(64, 0x42) },
  {
    name: 'an unknown handle',
    send: () => simpleReply({ handle: Buffer.from('0000000000001234', 'hex') }),
  },
  { name: 'a handle of more than 32 bits', send: ({ handle }) => simpleReply({ handle: wide(handle) }) },
  { name: 'a simple reply to a structured read', send: (request) => simpleReply(request) },
  {
    name: 'data before its range',
    send: (request) => structuredChunk(request, dataChunk(0, part(0, 512), true)),
  },
  {
    name: 'data beyond its range',
    send: (request) => structuredChunk(request, dataChunk(8192, part(0, 1024), true)),
  },
  {
    name: 'more data than asked for',
    send: (request) => structuredChunk(request, { type: 1, data: u64(4096), length: 0xffffffff }),
  },
  {
    name: 'a hole beyond its range',
    send: (request) => structuredChunk(request, { type: 2, data: Buffer.concat([u64(4096), u32(1e6)]) }),
  },
  {
    name: 'an error of 4 GiB',
    send: (request) => structuredChunk(request, { type: 0x8001, data: u32(5), length: 0xffffffff }),
  },
  {
    name: 'an error longer than itself',
    send: (request) => structuredChunk(request, { type: 0x8001, data: Buffer.from('00000005ffff', 'hex') }),
  },
  {
    name: 'an error outside the range',
    send: (request) => structuredChunk(request, errorChunk(5, '', 512)),
  },
  { name: 'a chunk of no known type', send: (request) => structuredChunk(request, { type: 77 }) },
  { name: 'status where data was asked for', send: (request) => structuredChunk(request, { type: 5 }) },
])('$name breaks the connection and every request on it', async ({ send }) => {
  await using server = await serve((peer, request) => peer.send(send(request)))
  await using end = await openNbd(server.address, source)
  const reads = await Promise.allSettled([4096, 5120].map((offset) => end.read(offset, 1024)))
  reads.forEach((read, i) =>
    expect(read).toMatchObject({
      status: 'rejected',
      reason: { name: 'EndError', op: 'read', offset: 4096 + 1024 * i, length: 1024, errno: 'EPROTO' },
    }),
  )
  await expect(end.read(0, 512)).rejects.toMatchObject({ errno: 'EPROTO' })
})

const wide = (handle: Buffer): Buffer => Buffer.concat([u32(1), handle.subarray(4)])

test.each([
  { name: 'a head', bytes: 10 },
  { name: 'a payload', bytes: 28 + 300 },
])('a connection that is cut in the middle of $name is a loss', async ({ bytes }) => {
  await using server = await serve((peer, request) => {
    peer.send(structuredChunk(request, dataChunk(request.offset, part(0, 1024), true)).subarray(0, bytes))
    peer.socket.end()
  })
  await using end = await openNbd(server.address, source)
  await expect(end.read(4096, 1024)).rejects.toMatchObject({
    op: 'read',
    offset: 4096,
    length: 1024,
    errno: 'ECONNRESET',
    retry: true,
  })
})

test.each([
  { code: 1, errno: 'EPERM', retry: false },
  { code: 5, errno: 'EIO', retry: false },
  { code: 12, errno: 'ENOMEM', retry: false },
  { code: 28, errno: 'ENOSPC', retry: false },
  { code: 75, errno: 'EOVERFLOW', retry: false },
  { code: 95, errno: 'ENOTSUP', retry: false },
  { code: 108, errno: 'ESHUTDOWN', retry: true },
  { code: 12_345, errno: 'EINVAL', retry: false },
])(
  '$errno ($code) on the wire reaches the caller, in both kinds of replies',
  async ({ code, errno, retry }) => {
    const flags = 1 | 4 | 64
    for (const style of ['simple', 'structured'] as const) {
      await using server = await serve(
        (peer, request) =>
          peer.send(
            style === 'simple'
              ? simpleReply(request, code)
              : structuredChunk(request, errorChunk(code, 'so')),
          ),
        { style, flags },
      )
      await using end = await openNbd(server.address, target)
      const expected = { side: 'target', errno, retry }
      await expect(end.read(512, 1024)).rejects.toMatchObject({ ...expected, op: 'read', offset: 512 })
      const write = end.write(1024, Buffer.alloc(512))
      await expect(write).rejects.toMatchObject({ ...expected, op: 'write', offset: 1024, length: 512 })
      await expect(end.zero(0, 4096)).rejects.toMatchObject({ ...expected, op: 'zero', length: 4096 })
      await expect(end.flush()).rejects.toMatchObject({ ...expected, op: 'flush' })
    }
  },
)

test('an error on one range leaves the others alone', async () => {
  await using server = await serve((peer, request) =>
    peer.send(
      request.offset === 65_536
        ? structuredChunk(request, errorChunk(5))
        : structuredChunk(
            request,
            dataChunk(request.offset, part(request.offset, request.offset + 4096), true),
          ),
    ),
  )
  await using end = await openNbd(server.address, source)
  const reads = await Promise.allSettled([0, 65_536, 131_072].map((offset) => end.read(offset, 4096)))
  expect(reads).toMatchObject([
    { status: 'fulfilled', value: part(0, 4096) },
    { status: 'rejected', reason: { errno: 'EIO', offset: 65_536, length: 4096 } },
    { status: 'fulfilled', value: part(131_072, 135_168) },
  ])
})

test('a buffer is not written to any more once its read has ended', async () => {
  const late: (() => void)[] = []
  await using server = await serve((peer, request) => {
    peer.send(structuredChunk(request, dataChunk(request.offset, Buffer.alloc(512, 1), true)))
    // The same answer once more: for a request that is over.
    late.push(() =>
      peer.send(structuredChunk(request, dataChunk(request.offset, Buffer.alloc(512, 2), true))),
    )
  })
  await using end = await openNbd(server.address, source)
  const into = Buffer.alloc(512)
  await end.readInto(0, into)
  const after = end.readInto(512, Buffer.alloc(512))
  await after
  late[0]!()
  const third = end.readInto(1024, Buffer.alloc(512))
  await expect(third).rejects.toMatchObject({ errno: 'EPROTO' })
  expect(into).toEqual(Buffer.alloc(512, 1))
})

test.each([
  { name: 'says nothing', script: async (peer: Peer) => void (await peer.take(1)) },
  {
    name: 'greets and then says nothing',
    script: async (peer: Peer) => {
      peer.send(Buffer.from('NBDMAGICIHAVEOPT\0\x03', 'latin1'))
      await peer.take(1e6)
    },
  },
])('a server that $name is given up after the time for a handshake', async ({ script }) => {
  await using server = await scriptedServer(script)
  await expect(openNbd(server.address, { ...source, handshakeMs: 150 })).rejects.toMatchObject({
    op: 'open',
    errno: 'ETIMEDOUT',
    retry: true,
  })
})

test.each<{ name: string; blocks?: [number, number, number]; sizeBytes?: number }>([
  { name: 'a smallest block that is no power of two', blocks: [3000, 4096, 65_536] },
  { name: 'a smallest block of 128 KiB', blocks: [131_072, 131_072, 2 ** 20] },
  { name: 'a largest block below the smallest', blocks: [4096, 4096, 512] },
  { name: 'a size that no number holds', sizeBytes: 2 ** 60 },
])('a server that names $name is refused', async ({ name: _, ...about }) => {
  await using server = await serve(() => {}, about)
  await expect(openNbd(server.address, source)).rejects.toMatchObject({ op: 'open', errno: 'EPROTO' })
})

test('a server that describes the export differently to its second connection is refused', async () => {
  await using server = await scriptedServer(async (peer, connection) => {
    await serveOptions(peer, { sizeBytes: sizeBytes + 512 * connection, flags: 1 | 256 })
    await takeRequest(peer)
    peer.cut()
  })
  await expect(openNbd(server.address, source)).rejects.toMatchObject({
    op: 'open',
    errno: 'EPROTO',
    message: expect.stringContaining('differently') as string,
  })
})
