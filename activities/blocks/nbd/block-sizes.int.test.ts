import fc from 'fast-check'

import {
  dataChunk,
  errorChunk,
  serveOptions,
  simpleReply,
  structuredChunk,
  takeRequest,
  u32,
  type ScriptedExport,
  type ScriptedRequest,
} from '../testing/nbd-script.js'
import { noise, scratch } from '../testing/scratch.js'
import { scriptedServer } from '../testing/scripted-server.js'
import { nbdkit } from '../testing/servers.js'
import { openNbd, type NbdEnd } from './nbd-end.js'

jest.setTimeout(60_000)

const target = { side: 'target' } as const
const flags = {
  has: 1,
  flush: 4,
  rotational: 16,
  trim: 32,
  zero: 64,
  fua: 8,
  multi: 256,
  fast: 2048,
} as const

/** A disk in memory that ends the test where a request breaks the block sizes; tells what it was asked. */
const strictServer = async (disk: Buffer, about: Partial<ScriptedExport> = {}, fastZeros = true) => {
  const [min = 1, , max = 2 ** 25] = about.blocks ?? []
  const seen: ScriptedRequest[] = []
  const refuseOdd = ({ command, offset, length }: ScriptedRequest): void => {
    const end = offset + length
    const isWhole = offset % min === 0 && (length % min === 0 || end === disk.length)
    if (!isWhole || end > disk.length || (command < 2 && length > max))
      throw new Error(`a request of ${length} bytes at ${offset}`)
  }
  const answer = (request: ScriptedRequest): Buffer => {
    const { command, offset, length, payload } = request
    const end = offset + length
    if (command === 6 && (request.flags & 16) !== 0 && !fastZeros)
      return structuredChunk(request, errorChunk(95))
    if (command === 1) payload.copy(disk, offset)
    if (command === 6) disk.fill(0, offset, end)
    if (command === 0) return structuredChunk(request, dataChunk(offset, disk.subarray(offset, end), true))
    if (command !== 7) return simpleReply(request)
    const data = Buffer.concat([100, length, 0].map(u32))
    return structuredChunk(request, { type: 5, isDone: true, data })
  }
  const server = await scriptedServer(async (peer) => {
    await serveOptions(peer, {
      sizeBytes: disk.length,
      flags: flags.has | flags.flush | flags.zero,
      contexts: ['base:allocation'],
      ...about,
    })
    for (;;) {
      const request = await takeRequest(peer)
      if (request.command === 2) return peer.cut()
      seen.push(request)
      refuseOdd(request)
      peer.send(answer(request))
    }
  })
  return { ...server, seen }
}

// Made once: noise is slow.
const grains = noise(400_000, 9)

describe.each([
  { name: '512 bytes', blocks: [512, 4096, 65_536], size: 300_000 - (300_000 % 512) },
  { name: '4 KiB, and a disk that ends within a block', blocks: [4096, 4096, 131_072], size: 300_544 },
  { name: '64 KiB', blocks: [65_536, 65_536, 65_536], size: 5 * 65_536 },
  { name: '64 KiB, and a disk that ends within a block', blocks: [65_536, 65_536, 200_000], size: 300_001 },
] as const)('with smallest blocks of $name', ({ blocks, size }) => {
  test('any request is kept to whole blocks within the disk, and changes nothing else', async () => {
    const disk = noise(size, 5)
    const model = Buffer.from(disk)
    await using server = await strictServer(disk, { blocks })
    await using end = await openNbd(server.address, target)
    expect(end).toMatchObject({
      minBlockBytes: blocks[0],
      preferredBlockBytes: blocks[1],
      maxBlockBytes: blocks[2],
    })
    const range = fc
      .tuple(fc.integer({ min: 0, max: size - 1 }), fc.integer({ min: 1, max: size }), fc.boolean())
      .map(([offset, length, toEnd]) => ({
        offset,
        length: toEnd ? size - offset : Math.min(length, size - offset),
      }))
    await fc.assert(
      fc.asyncProperty(
        range,
        fc.constantFrom('write', 'zero'),
        fc.nat({ max: 4095 }),
        async ({ offset, length }, op, seed) => {
          const data = op === 'write' ? grains.subarray(seed).subarray(0, length) : Buffer.alloc(length)
          await (op === 'write' ? end.write(offset, data) : end.zero(offset, length))
          data.copy(model, offset)
          expect(disk.equals(model)).toBe(true)
          expect((await end.read(offset, length)).equals(data)).toBe(true)
          expect((await end.status(offset, length)).reduce((sum, one) => sum + one.length, 0)).toBe(length)
        },
      ),
      { numRuns: 40 },
    )
  })

  test('writes of parts of one block at the same time lose nothing', async () => {
    const disk = noise(size, 5)
    const model = Buffer.from(disk)
    await using server = await strictServer(disk, { blocks })
    await using end = await openNbd(server.address, target)
    const parts = Array.from({ length: 40 }, (_, i) => ({ offset: 1 + 100 * i, data: noise(99, i + 1) }))
    for (const { offset, data } of parts) data.copy(model, offset)
    await Promise.all(parts.map(({ offset, data }) => end.write(offset, data)))
    expect(disk.equals(model)).toBe(true)
  })
})

test('nbdkit, strict about blocks of 4 KiB, takes writes of any part', async () => {
  await using dir = await scratch()
  const policy = ['blocksize-minimum=4096', 'blocksize-preferred=64K', 'blocksize-maximum=256K']
  const args = ['--filter=blocksize-policy', 'memory', '1M', ...policy, 'blocksize-error-policy=error']
  await using server = await nbdkit(dir.path('s'), args)
  await using end = await openNbd({ socketPath: server.socketPath }, target)
  const model = Buffer.alloc(2 ** 20)
  for (const [offset, length] of [
    [777, 5000],
    [1_048_000, 576],
    [300_000, 600_000],
  ] as const) {
    // prettier-ignore
    noise(length, offset).copy(model, offset)
    await end.write(offset, noise(length, offset))
  }
  await end.zero(2000, 70_000)
  model.fill(0, 2000, 72_000)
  expect((await end.read(0, model.length)).equals(model)).toBe(true)
})

test('the flags of the server are told', async () => {
  const open = async (bits: number): Promise<Partial<NbdEnd>> => {
    await using server = await strictServer(Buffer.alloc(512), { flags: bits })
    await using end = await openNbd(server.address, { ...target, connections: 1 })
    const { canFlush, canZero, canFastZero, canTrim, canMultiConn, canFua, rotational, readOnly } = end
    return { canFlush, canZero, canFastZero, canTrim, canMultiConn, canFua, rotational, readOnly }
  }
  const none = await open(flags.has)
  expect(new Set(Object.values(none))).toEqual(new Set([false]))
  const bits = {
    canFlush: flags.flush,
    canFua: flags.fua,
    rotational: flags.rotational,
    canTrim: flags.trim,
    canZero: flags.zero,
    canMultiConn: flags.multi,
    readOnly: 2,
  }
  for (const [name, bit] of Object.entries(bits))
    expect(await open(flags.has | bit)).toEqual({ ...none, [name]: true })
  expect(await open(flags.has | flags.zero | flags.fast)).toEqual({
    ...none,
    canZero: true,
    canFastZero: true,
  })
})

test.each([
  { name: 'is fast where the server can', fastZeros: true, sent: [16, 16] },
  { name: 'goes on plain once the server has refused to be fast', fastZeros: false, sent: [16, 0, 0] },
])('zeroing $name', async ({ fastZeros, sent }) => {
  const disk = noise(65_536, 5)
  const about = { flags: flags.has | flags.zero | flags.fast }
  await using server = await strictServer(disk, about, fastZeros)
  await using end = await openNbd(server.address, target)
  await end.zero(0, 4096)
  await end.zero(8192, 4096)
  expect(server.seen.map((request) => request.flags)).toEqual(sent)
  expect([0, 8192].every((at) => disk.subarray(at, at + 4096).every((byte) => byte === 0))).toBe(true)
  expect(disk[4096]).not.toBe(0)
})

test('a server that cannot zero or flush gets zeros, in payloads that it takes, and no flush', async () => {
  const disk = noise(300_000, 5)
  await using server = await strictServer(disk, { flags: flags.has, blocks: [1, 4096, 65_536] })
  await using end = await openNbd(server.address, target)
  await end.zero(1000, 298_000)
  await end.flush()
  expect(disk.subarray(1000, 299_000).every((byte) => byte === 0)).toBe(true)
  expect([disk[999], disk[299_000]].includes(0)).toBe(false)
  expect(new Set(server.seen.map(({ command }) => command))).toEqual(new Set([1]))
})

test('a zero of more than 32 MiB, or of what no number of 32 bits holds, goes in steps', async () => {
  await using server = await strictServer(Buffer.alloc(70 * 2 ** 20))
  await using end = await openNbd(server.address, target)
  await end.zero(0, 70 * 2 ** 20)
  expect(server.seen.map(({ length }) => length / 2 ** 20)).toEqual([32, 32, 6])
})
