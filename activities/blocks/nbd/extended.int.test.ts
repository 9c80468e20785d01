import {
  dataChunk,
  errorChunk,
  extendedChunk,
  serveOptions,
  takeRequest,
  u32,
  u64,
  type ScriptedExport,
  type ScriptedRequest,
} from '../testing/nbd-script.js'
import { noise } from '../testing/scratch.js'
import { scriptedServer, type Peer } from '../testing/scripted-server.js'
import { openNbd } from './nbd-end.js'

jest.setTimeout(20_000)

// No server of Debian 12 has extended headers: what is proven here is proven against the protocol's document only.

const TiB = 2 ** 40
const dirty = 'qemu:dirty-bitmap:changes'
const payloadFlag = 32
const canNarrow = 1 << 12

/** A disk in memory behind extended headers: data where `disk` has some, zeros up to 16 TiB. */
const serveExtended = (about: Partial<ScriptedExport>, disk = Buffer.alloc(2 ** 20)) => {
  const seen: ScriptedRequest[] = []
  const options: number[][] = []
  const answer = (peer: Peer, request: ScriptedRequest): void => {
    const { command, offset, length, payload } = request
    const done = { type: 0, isDone: true }
    const statusOf = (id: number, runs: readonly (readonly [number, number])[]) => ({
      type: 6,
      data: Buffer.concat([u32(id), u32(runs.length), ...runs.flat().map(u64)]),
    })
    if (command === 1) payload.copy(disk, offset)
    if (command === 0)
      return peer.send(
        extendedChunk(request, dataChunk(offset, disk.subarray(offset, offset + length), true)),
      )
    if (command !== 7) return peer.send(extendedChunk(request, done))
    const wanted = payload.length === 0 ? [100, 101] : [payload.readUInt32BE(8)]
    const asked = payload.length === 0 ? length : Number(payload.readBigUInt64BE(0))
    const runs = { 100: [[asked, 3]], 101: [[asked / 2, 1], [asked / 2, 2 ** 40]] } as const // prettier-ignore
    peer.send(...wanted.map((id) => extendedChunk(request, statusOf(id, runs[id as 100 | 101]))))
    peer.send(extendedChunk(request, done))
  }
  return scriptedServer(async (peer) => {
    const flags = 1 | 4 | 64
    options.push(await serveOptions(peer, { sizeBytes: 16 * TiB, style: 'extended', flags, ...about }))
    for (;;) {
      const request = await takeRequest(peer)
      if (request.command === 2) return peer.cut()
      seen.push(request)
      answer(peer, request)
    }
  }).then((server) => ({ ...server, seen, options }))
}

test('extended headers are asked for first, and all requests and replies have them', async () => {
  await using server = await serveExtended({ contexts: ['base:allocation'] })
  await using end = await openNbd(server.address, { side: 'target' })
  expect(end.replies).toBe('extended')
  expect(server.options).toEqual([[11, 10, 7]])
  const data = noise(65_536, 3)
  await end.write(4096, data)
  expect(await end.read(4096, data.length)).toEqual(data)
  await end.zero(131_072, 65_536)
  await end.flush()
  expect(server.seen.map(({ command, flags, offset, length }) => [command, flags, offset, length])).toEqual([
    [1, payloadFlag, 4096, 65_536],
    [0, 0, 4096, 65_536],
    [6, 0, 131_072, 65_536],
    [3, 0, 0, 0],
  ])
})

test('one question about status may span more than 32 bits, and so may the answer', async () => {
  await using server = await serveExtended({ contexts: ['base:allocation'] })
  await using end = await openNbd(server.address, { side: 'source' })
  expect(await end.status(8 * TiB, TiB / 2)).toEqual([
    { offset: 8 * TiB, length: TiB / 2, hole: true, zero: true },
  ])
  expect(server.seen).toMatchObject([{ command: 7, flags: 0, offset: 8 * TiB, length: TiB / 2 }])
})

test.each([
  { name: 'only the context asked about, where the server can', flags: 1 | canNarrow, sent: payloadFlag },
  { name: 'all contexts, where it cannot', flags: 1, sent: 0 },
])('a status request is answered for $name', async ({ flags, sent }) => {
  await using server = await serveExtended({ contexts: ['base:allocation', dirty], flags })
  await using end = await openNbd(server.address, { side: 'source', contexts: [dirty] })
  expect(await end.contextStatus(dirty, TiB, 8192)).toEqual([
    { offset: TiB, length: 4096, flags: 1 },
    { offset: TiB + 4096, length: 4096, flags: 2 ** 40 },
  ])
  expect(await end.status(TiB, 8192)).toEqual([{ offset: TiB, length: 8192, hole: true, zero: true }])
  expect(server.seen.map((request) => request.flags)).toEqual([sent, sent])
})

const faults: { name: string; send: (request: ScriptedRequest) => Buffer; errno: string }[] = [
  { name: 'an error', errno: 'EIO', send: (request) => extendedChunk(request, errorChunk(5, 'no')) },
  {
    name: 'the offset of another request',
    errno: 'EPROTO',
    send: (request) =>
      extendedChunk({ ...request, offset: 0 }, dataChunk(request.offset, Buffer.alloc(512), true)),
  },
  {
    name: 'a payload of 2^53 bytes',
    errno: 'EPROTO',
    send: (request) => extendedChunk(request, { type: 1, data: u64(request.offset), length: 2 ** 53 }),
  },
  {
    name: 'a compact reply',
    errno: 'EPROTO',
    send: ({ handle }) => Buffer.concat([u32(0x67446698), u32(0), handle, Buffer.alloc(16)]),
  },
]
test.each(faults)('a reply with $name is told from data', async ({ send, errno }) => {
  await using server = await scriptedServer(async (peer) => {
    await serveOptions(peer, { sizeBytes: TiB, style: 'extended' })
    peer.send(send(await takeRequest(peer)))
    await peer.take(1e6)
  })
  await using end = await openNbd(server.address, { side: 'source' })
  await expect(end.read(4096, 512)).rejects.toMatchObject({ op: 'read', offset: 4096, length: 512, errno })
})

test('a status with a wrong count of descriptors breaks the connection', async () => {
  await using server = await scriptedServer(async (peer) => {
    await serveOptions(peer, { sizeBytes: TiB, style: 'extended', contexts: ['base:allocation'] })
    const data = Buffer.concat([u32(100), u32(2), u64(512), u64(0)])
    peer.send(extendedChunk(await takeRequest(peer), { type: 6, isDone: true, data }))
    await peer.take(1e6)
  })
  await using end = await openNbd(server.address, { side: 'source' })
  await expect(end.status(0, 512)).rejects.toMatchObject({ op: 'status', errno: 'EPROTO' })
})
