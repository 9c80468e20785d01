import { readdir, readFile, readlink, truncate, writeFile } from 'node:fs/promises'

import fc from 'fast-check'

import { pageBytes } from './digest-format.js'
import { openDigests } from './digest-reader.js'
import { openDigestWriter, resumeDigestWriter } from './digest-writer.js'
import { digestGrain, type DigestRecord, type DigestWriter } from './digests.js'
import { grainBytes } from './extents.js'
import { expectedGrains } from './layers.js'
import { noise, scratch } from './testing/scratch.js'

const blocks = 1500
const sizeBytes = blocks * grainBytes - 1000
const digestOf = (block: number) => digestGrain(Buffer.from(`block ${block}`))

// Text, because comparing thousands of Buffers one by one takes Jest seconds.
const text = (digest: unknown): string => (Buffer.isBuffer(digest) ? digest.toString('hex') : String(digest))

const fill = (writer: DigestWriter, from: number, to: number): void => {
  for (let block = from; block < to; block++)
    if (block % 7 !== 0) writer.add(block, block % 5 === 0 ? 'zero' : digestOf(block))
}
const expectedAt = (block: number, to = blocks) =>
  block >= to || block % 7 === 0 ? undefined : block % 5 === 0 ? 'zero' : digestOf(block)

// Generous: property tests share two cores with everything else.
jest.setTimeout(30_000)

test('every block reads back, by look-up in any order and by iteration', async () => {
  await using dir = await scratch()
  await using writer = await openDigestWriter(dir.path('d'), { sizeBytes, kind: 'root' })
  fill(writer, 0, 700)
  writer.mark()
  await writer.sync()
  fill(writer, 700, blocks)
  const totals = await writer.finish()

  await using reader = await openDigests(dir.path('d'))
  expect(reader).toMatchObject({ sizeBytes, kind: 'root', totals })
  for (let i = 0; i < blocks; i++) {
    const block = (i * 617) % blocks
    expect(text(await reader.lookup(block))).toBe(text(expectedAt(block)))
  }
  expect((await reader.lookupRange(100, 1000)).map(text)).toEqual(
    Array.from({ length: 1000 }, (_, i) => text(expectedAt(100 + i))),
  )
  const records: DigestRecord[] = []
  for await (const record of reader) records.push(record)
  expect(records.reduce((sum, one) => sum + one.count, 0)).toBe(totals.dataBlocks + totals.zeroBlocks)
})

test('ten tebibytes of zeros take one page, and are found', async () => {
  await using dir = await scratch()
  const tebibytes = 10 * 2 ** 40
  await using writer = await openDigestWriter(dir.path('d'), { sizeBytes: tebibytes, kind: 'overlay' })
  const all = tebibytes / grainBytes
  writer.add(0, 'zero', all - 2)
  writer.add(all - 1, digestOf(1))
  await writer.finish()
  await using reader = await openDigests(dir.path('d'))
  expect(reader.totals.fileBytes).toBe(3 * pageBytes)
  expect(await reader.lookupRange(all - 4, 4)).toEqual(['zero', 'zero', undefined, digestOf(1)])
  expect(await reader.lookup(12_345_678)).toBe('zero')
})

test('random runs read back as a naive map says', async () => {
  const step = fc.record({ gap: fc.nat(3), count: fc.integer({ min: 1, max: 300 }), isZero: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      await using dir = await scratch()
      await using writer = await openDigestWriter(dir.path('d'), { sizeBytes: 2 ** 40, kind: 'overlay' })
      const naive = new Map<number, string>()
      let at = 0
      for (const { gap, count, isZero } of steps) {
        at += gap
        if (isZero) writer.add(at, 'zero', count)
        else for (let i = 0; i < count; i++) writer.add(at + i, digestOf(at + i))
        for (let i = 0; i < count; i++) naive.set(at + i, text(isZero ? 'zero' : digestOf(at + i)))
        at += count
        if (gap === 1) writer.mark()
      }
      await writer.finish()
      await using reader = await openDigests(dir.path('d'))
      const found = await reader.lookupRange(0, at + 3)
      expect(found.map(text)).toEqual(Array.from({ length: at + 3 }, (_, i) => naive.get(i) ?? 'undefined'))
      for (const block of [0, 1, at >> 1, at - 1, at])
        if (block >= 0) expect(text(await reader.lookup(block))).toBe(naive.get(block) ?? 'undefined')
    }),
    { numRuns: 25 },
  )
})

test('a resumed file holds the prefix of the old one and what was added', async () => {
  await using dir = await scratch()
  const options = { sizeBytes, kind: 'overlay' } as const
  await using first = await openDigestWriter(dir.path('1'), options)
  fill(first, 0, 1000)
  const digestBytes = first.mark()
  fill(first, 1000, 1500)
  first.mark()
  await first.sync()

  await using second = await resumeDigestWriter(dir.path('2'), { path: dir.path('1'), digestBytes }, options)
  expect(() => second.add(998, 'zero')).toThrow(RangeError)
  fill(second, 1000, 1200)
  const totals = await second.finish()
  await using reader = await openDigests(dir.path('2'))
  expect((await reader.lookupRange(0, 1600)).map(text)).toEqual(
    Array.from({ length: 1600 }, (_, i) => text(expectedAt(i, 1200))),
  )
  expect(totals.dataBlocks + totals.zeroBlocks).toBe(
    Array.from({ length: 1200 }, (_, i) => i).filter((i) => i % 7).length,
  )
})

test.each([
  { problem: 'unsealed', damage: async (path: string) => truncate(path, 3 * pageBytes) },
  { problem: 'truncated', damage: async (path: string) => truncate(path, 3 * pageBytes + 17) },
  { problem: 'truncated', damage: async (path: string) => truncate(path, 100) },
  { problem: 'foreign', damage: async (path: string) => writeFile(path, noise(3 * pageBytes, 3)) },
  { problem: 'version', damage: (path: string) => flip(path, 11) },
  { problem: 'damaged', damage: (path: string) => flip(path, 24 + 5) },
  { problem: 'unsealed', damage: (path: string) => flip(path, -100) },
  { problem: 'damaged', damage: (path: string) => flip(path, 2 * pageBytes + 500) },
])('a file that is $problem is refused', async ({ problem, damage }) => {
  await using dir = await scratch()
  await using writer = await openDigestWriter(dir.path('d'), { sizeBytes, kind: 'root' })
  fill(writer, 0, blocks)
  await writer.finish()
  await damage(dir.path('d'))
  const readAll = async (): Promise<void> => {
    await using reader = await openDigests(dir.path('d'))
    await reader.lookupRange(0, blocks)
  }
  await expect(readAll()).rejects.toMatchObject({ name: 'DigestFileError', problem })
})

test('a damaged prefix is not resumed from', async () => {
  await using dir = await scratch()
  const options = { sizeBytes, kind: 'root' } as const
  await using first = await openDigestWriter(dir.path('1'), options)
  fill(first, 0, 1000)
  const digestBytes = first.mark()
  await first.sync()
  await flip(dir.path('1'), pageBytes * 3)
  const resume = (from: number) =>
    resumeDigestWriter(dir.path('2'), { path: dir.path('1'), digestBytes: from }, options)
  await expect(resume(digestBytes)).rejects.toMatchObject({ problem: 'damaged' })
  await expect(resume(digestBytes + pageBytes)).rejects.toThrow()
})

test('the nearest layer wins, and a short last grain of a smaller parent keeps its length', async () => {
  await using dir = await scratch()
  const small = 2 * grainBytes + 4096
  await using root = await openDigestWriter(dir.path('root'), { sizeBytes: small, kind: 'root' })
  for (const block of [0, 1, 2]) root.add(block, digestOf(block))
  await root.finish()
  await using overlay = await openDigestWriter(dir.path('over'), {
    sizeBytes: 8 * grainBytes,
    kind: 'overlay',
  })
  overlay.add(1, 'zero')
  overlay.add(3, digestOf(33))
  await overlay.finish()
  await using top = await openDigests(dir.path('over'))
  await using bottom = await openDigests(dir.path('root'))
  expect(await expectedGrains([top, bottom], 0, 5)).toEqual([
    { digest: digestOf(0), length: grainBytes },
    { digest: 'zero', length: grainBytes },
    { digest: digestOf(2), length: 4096 },
    { digest: digestOf(33), length: grainBytes },
    { digest: 'zero', length: grainBytes },
  ])
})

const flip = async (path: string, at: number): Promise<void> => {
  const bytes = await readFile(path)
  const index = at < 0 ? bytes.length + at : at
  bytes[index] = bytes[index]! ^ 0x40
  await writeFile(path, bytes)
}

/** Descriptors of this process that stand on a file. */
const openOn = async (path: string): Promise<number> => {
  const places = (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ''))
  return (await Promise.all(places)).filter((place) => place === path).length
}

test('a file that cannot be begun is closed again', async () => {
  const options = { sizeBytes, kind: 'root' } as const
  await expect(openDigestWriter('/dev/full', options)).rejects.toMatchObject({ code: 'ENOSPC' })
  expect(await openOn('/dev/full')).toBe(0)
})

test('a prefix that cannot be taken over leaves neither file open', async () => {
  await using dir = await scratch()
  const options = { sizeBytes, kind: 'root' } as const
  await using old = await openDigestWriter(dir.path('old'), options)
  fill(old, 0, 400)
  const from = { path: dir.path('old'), digestBytes: old.mark() }
  await old.sync()
  const before = await openOn(dir.path('old'))
  await expect(resumeDigestWriter(dir.path('gone/new'), from, options)).rejects.toMatchObject({
    code: 'ENOENT',
  })
  await expect(resumeDigestWriter('/dev/full', from, options)).rejects.toMatchObject({ code: 'ENOSPC' })
  expect([await openOn(dir.path('old')), await openOn('/dev/full')]).toEqual([before, 0])
})

test('a writer goes back to a mark, and ends as if nothing had followed it', async () => {
  await using dir = await scratch()
  await using writer = await openDigestWriter(dir.path('d'), { sizeBytes, kind: 'root' })
  fill(writer, 0, 400)
  const durable = writer.mark()
  await writer.sync()
  for (const stop of [500, 900, 1400]) {
    // Other digests than those that follow: what is gone must not show through.
    for (let block = 400; block < stop; block++) writer.add(block, digestOf(block + 5000))
    if (stop === 900) {
      writer.mark()
      await writer.sync()
    }
    writer.rewind(durable)
  }
  fill(writer, 400, blocks)
  const totals = await writer.finish()
  await using reader = await openDigests(dir.path('d'))
  expect((await reader.lookupRange(0, blocks)).map(text)).toEqual(
    Array.from({ length: blocks }, (_, i) => text(expectedAt(i))),
  )
  expect((await readFile(dir.path('d'))).length).toBe(totals.fileBytes)
  const counted = Array.from({ length: blocks }, (_, i) => expectedAt(i))
  expect(totals.zeroBlocks).toBe(counted.filter((one) => one === 'zero').length)
})

test('a writer goes back to its last synced mark however many were made in vain since', async () => {
  await using dir = await scratch()
  await using writer = await openDigestWriter(dir.path('d'), { sizeBytes, kind: 'root' })
  fill(writer, 0, 200)
  const durable = writer.mark()
  await writer.sync()
  for (let from = 200; from < 600; from += 100) {
    fill(writer, from, from + 100)
    writer.mark()
  }
  writer.rewind(durable)
  fill(writer, 200, blocks)
  await writer.finish()
  await using reader = await openDigests(dir.path('d'))
  expect((await reader.lookupRange(0, blocks)).map(text)).toEqual(
    Array.from({ length: blocks }, (_, i) => text(expectedAt(i))),
  )
})

test('a writer never goes back to what is no mark of its own', async () => {
  await using dir = await scratch()
  await using writer = await openDigestWriter(dir.path('d'), { sizeBytes, kind: 'root' })
  fill(writer, 0, 400)
  expect(() => writer.rewind(3 * pageBytes)).toThrow(RangeError)
})
