import { randomBytes, randomFillSync } from 'node:crypto'
import { get, request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { EndError } from '../blocks/errors.js'
import type { End } from '../blocks/end.js'
import { openContentServer } from './content-server.js'
import type { ContentDisk } from './disk-pool.js'

jest.setTimeout(60_000)

const MiB = 1024 * 1024

const tokenOf = (reference: string): string => `token-of-${reference}`
const withToken = (url: string): string => `${url}/${tokenOf(new URL(url).pathname.slice(1))}`

interface Watched extends ContentDisk {
  readonly bytes: Buffer
  opened: number
  closed: number
  reads: number
  failAt: number
}

const watchedDisk = (sizeBytes: number, key = 'point.disk'): Watched => {
  const bytes = randomBytes(sizeBytes)
  const disk: Watched = {
    key,
    fileName: 'pgtest1 disk/0.img',
    sizeBytes,
    bytes,
    opened: 0,
    closed: 0,
    reads: 0,
    failAt: Infinity,
    open: async () => {
      disk.opened++
      return watchedEnd(disk)
    },
    whileHeld: (work) => work(),
  }
  return disk
}

const watchedEnd = (disk: Watched): End => ({
  sizeBytes: disk.sizeBytes,
  readOnly: true,
  describe: 'memory',
  read: async (offset, length) => {
    disk.reads++
    await new Promise((resolve) => setImmediate(resolve))
    if (offset + length > disk.failAt)
      throw new EndError({ side: 'source', op: 'read', offset, length, errno: 'EIO', where: 'memory' })
    return Buffer.from(disk.bytes.subarray(offset, offset + length))
  },
  status: async (offset, length) => [{ offset, length, hole: false, zero: false }],
  [Symbol.asyncDispose]: async () => {
    disk.closed++
  },
})

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5))
}

const answerOf = (url: string, headers = {}): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => get(url, { headers, agent: false }, resolve).on('error', reject))

/** Zeros but for a few runs at odd places, one of them at the very end; says where its zeros are. */
const sparseDisk = (): { disk: ContentDisk; bytes: Buffer; readBytes: () => number } => {
  const bytes = Buffer.alloc(300 * MiB + 777)
  const runs = [
    [5, 70_000],
    [MiB - 3, 6],
    [127 * MiB, 3 * MiB + 1],
    [200 * MiB, 32 * MiB],
    [bytes.length - 9, 9],
  ] as const
  for (const [offset, length] of runs) randomFillSync(bytes, offset, length)
  let readBytes = 0
  const end: End = {
    ...watchedEnd({ ...watchedDisk(0), bytes, sizeBytes: bytes.length }),
    // The way of an NBD end: into the caller's buffer, which is used again and again.
    readInto: async (offset, into) => {
      readBytes += into.length
      into.fill(0xee)
      await new Promise((resolve) => setImmediate(resolve))
      bytes.copy(into, 0, offset)
    },
    status: async (offset, length) => {
      const edges = runs.flatMap(([at, size]) => [at, at + size]).filter((at) => at > offset)
      const cuts = [offset, ...edges.filter((at) => at < offset + length), offset + length]
      return cuts.slice(1).map((to, index) => {
        const from = cuts[index] ?? offset
        const zero = !runs.some(([at, size]) => from >= at && from < at + size)
        return { offset: from, length: to - from, hole: zero, zero }
      })
    },
  }
  const disk: ContentDisk = {
    ...{ key: 'sparse', fileName: 'sparse.img', sizeBytes: bytes.length },
    open: async () => end,
    whileHeld: (work) => work(),
  }
  return { disk, bytes, readBytes: () => readBytes }
}

describe('the content server', () => {
  test('sends what the disk knows to be zero without reading it, to the byte', async () => {
    await using server = await openContentServer({ tokenOf })
    const { disk, bytes, readBytes } = sparseDisk()
    const url = withToken(await server.publish(disk))
    const whole = Buffer.from(await (await fetch(url)).arrayBuffer())
    expect(whole.equals(bytes)).toBe(true)
    expect(readBytes()).toBeLessThan(40 * MiB)
    for (const [start, end] of [
      [0, 6],
      [MiB - 4, MiB + 4],
      [3, 2 * MiB + 5],
      [70_004, 40 * MiB + 1],
      [126 * MiB + 7, 131 * MiB + 13],
      [299 * MiB + 1, bytes.length],
    ] as const) {
      const part = await fetch(url, { headers: { range: `bytes=${start}-${end - 1}` } })
      expect([part.status, part.headers.get('content-length')]).toEqual([206, String(end - start)])
      expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(start, end))).toBe(true)
    }
  })

  test('does not use a buffer again before a slow reader has its bytes', async () => {
    await using server = await openContentServer({ tokenOf })
    const { disk, bytes } = sparseDisk()
    const headers = { range: `bytes=${200 * MiB - 1}-${232 * MiB}` }
    const answer = await answerOf(withToken(await server.publish(disk)), headers)
    const got: Buffer[] = []
    for await (const chunk of answer) {
      got.push(chunk as Buffer)
      if (got.length % 16 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    expect(Buffer.concat(got).equals(bytes.subarray(200 * MiB - 1, 232 * MiB + 1))).toBe(true)
  })

  test('answers the whole disk and any part of it, byte for byte', async () => {
    await using server = await openContentServer({ tokenOf })
    const disk = watchedDisk(3 * MiB + 12_345)
    const url = withToken(await server.publish(disk))
    const full = await fetch(url)
    expect(full.status).toBe(200)
    expect(full.headers.get('content-disposition')).toBe('attachment; filename="pgtest1_disk_0.img"')
    expect(Buffer.from(await full.arrayBuffer()).equals(disk.bytes)).toBe(true)
    for (const [start, end] of [
      [0, 1],
      [MiB - 1, MiB + 1],
      [511, 2 * MiB + 77],
      [3 * MiB, disk.sizeBytes],
    ] as const) {
      const part = await fetch(url, { headers: { range: `bytes=${start}-${end - 1}` } })
      expect(part.status).toBe(206)
      expect(part.headers.get('content-range')).toBe(`bytes ${start}-${end - 1}/${disk.sizeBytes}`)
      expect(Buffer.from(await part.arrayBuffer()).equals(disk.bytes.subarray(start, end))).toBe(true)
    }
    expect(disk.opened).toBe(1)
  })

  test('answers HEAD without reading, and says what it cannot give', async () => {
    await using server = await openContentServer({ tokenOf })
    const disk = watchedDisk(1000)
    const url = withToken(await server.publish(disk))
    const head = await fetch(url, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length'), head.headers.get('accept-ranges')]).toEqual([
      200,
      '1000',
      'bytes',
    ])
    const beyond = await fetch(url, { headers: { range: 'bytes=1000-' } })
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */1000'])
    expect((await fetch(url, { method: 'POST' })).status).toBe(405)
    expect((await fetch(`${url}x`)).status).toBe(404)
    // What a history tells of it is no right to read.
    expect((await fetch(url.slice(0, url.lastIndexOf('/')))).status).toBe(404)
    expect((await fetch(new URL('/', url))).status).toBe(404)
    expect(disk.reads).toBe(0)
  })

  test('honours If-Range: another content answers whole', async () => {
    await using server = await openContentServer({ tokenOf })
    const url = withToken(await server.publish(watchedDisk(100)))
    const same = await fetch(url, { headers: { range: 'bytes=0-9', 'if-range': '"point.disk"' } })
    const other = await fetch(url, { headers: { range: 'bytes=0-9', 'if-range': '"another"' } })
    expect([same.status, other.status]).toEqual([206, 200])
    await Promise.all([same.arrayBuffer(), other.arrayBuffer()])
  })

  test('a slow reader slows the reads, and one that leaves stops them', async () => {
    await using server = await openContentServer({ tokenOf })
    const disk = watchedDisk(64 * MiB)
    const answer = await answerOf(withToken(await server.publish(disk)))
    await until(() => disk.reads >= 4)
    let before = -1
    while (before !== disk.reads) {
      before = disk.reads
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    expect(disk.reads).toBeLessThan(32)
    answer.destroy()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(disk.reads).toBeLessThan(32)
    expect(disk.closed).toBe(0)
  })

  test('closes a disk that nobody reads, forgets its path, and opens it again when asked anew', async () => {
    await using server = await openContentServer({ tokenOf, idleMs: 300 })
    const disk = watchedDisk(1000)
    const url = withToken(await server.publish(disk))
    await (await fetch(url)).arrayBuffer()
    await until(() => disk.closed === 1 && server.openDisks === 0)
    await new Promise((resolve) => setTimeout(resolve, 350))
    expect((await fetch(url)).status).toBe(404)
    const again = await fetch(withToken(await server.publish(disk)))
    expect(Buffer.from(await again.arrayBuffer()).equals(disk.bytes)).toBe(true)
    expect(disk.opened).toBe(2)
  })

  test('breaks off an answer whose disk is lost, and opens the disk anew for the next', async () => {
    await using server = await openContentServer({ tokenOf })
    const disk = watchedDisk(8 * MiB)
    const url = withToken(await server.publish(disk))
    disk.failAt = 3 * MiB
    const broken = await fetch(url)
    await expect(broken.arrayBuffer()).rejects.toThrow()
    await until(() => disk.closed === 1)
    disk.failAt = Infinity
    const whole = Buffer.from(await (await fetch(url)).arrayBuffer())
    expect(whole.equals(disk.bytes)).toBe(true)
    expect(disk.opened).toBe(2)
  })

  test('a disk that cannot be opened is refused when it is published, and may be opened later', async () => {
    await using server = await openContentServer({ tokenOf })
    const disk = watchedDisk(10)
    await expect(
      server.publish({ ...disk, open: () => Promise.reject(new Error('locked')) }),
    ).rejects.toThrow('locked')
    expect((await fetch(withToken(await server.publish(disk)))).status).toBe(200)
  })

  test('leaves nothing open when it is disposed of in the middle of an answer', async () => {
    const disk = watchedDisk(64 * MiB)
    const server = await openContentServer({ tokenOf })
    const url = withToken(await server.publish(disk))
    const answer = await answerOf(url)
    const broken = new Promise((resolve) => answer.once('error', resolve).once('close', resolve))
    await until(() => disk.reads > 0)
    await server[Symbol.asyncDispose]()
    // A client that has stopped reading notices the end only once it reads on.
    answer.resume()
    await broken
    expect([disk.opened, disk.closed, server.openDisks]).toEqual([1, 1, 0])
    const refused = new Promise((resolve) => request(url).on('error', resolve).end())
    expect(await refused).toMatchObject({ code: 'ECONNREFUSED' })
  })
})
