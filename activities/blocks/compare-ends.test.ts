import { compareEnds, type CompareOptions, type CompareProgress } from './compare-ends.js'
import type { End } from './end.js'
import { memoryEnd } from './memory-end.js'
import { faultEnd } from './testing/fault-end.js'
import { noise } from './testing/scratch.js'

const MiB = 2 ** 20
const content = noise(12 * MiB, 1)
content.fill(0, 4 * MiB, 8 * MiB)

const changed = (...offsets: number[]): Buffer => {
  const other = Buffer.from(content)
  for (const offset of offsets) other[offset]! ^= 0x80
  return other
}

const compare = async (a: End, b: End, options: CompareOptions = {}) => {
  let counts: CompareProgress | undefined
  const ranges = await compareEnds(a, b, { ...options, onProgress: (progress) => (counts = progress) })
  return { ranges, counts }
}

test('names exactly the 4 KiB that differ, joined over requests, in the order of the disk', async () => {
  const other = changed(11 * MiB, MiB - 1, MiB, 5 * MiB + 1, 0, 12 * MiB - 1)
  const { ranges, counts } = await compare(memoryEnd(content), memoryEnd(other))
  expect(ranges).toEqual([
    { offset: 0, length: 4096 },
    { offset: MiB - 4096, length: 8192 },
    { offset: 5 * MiB, length: 4096 },
    { offset: 11 * MiB, length: 4096 },
    { offset: 12 * MiB - 4096, length: 4096 },
  ])
  expect(counts).toMatchObject({ rangesDiffering: 5, bytesDiffering: 6 * 4096, bytesCompared: 12 * MiB })
})

test('reads nothing that both sides know to be zero, and all that one side does not', async () => {
  const readFrom: number[] = []
  const watched = faultEnd(memoryEnd(Buffer.from(content)), {
    before: ({ op, offset }) => void (op === 'read' && readFrom.push(offset)),
  })
  const sparse = await compare(memoryEnd(content), watched)
  expect(sparse).toMatchObject({ ranges: [], counts: { bytesTotal: 12 * MiB, bytesCompared: 12 * MiB } })
  expect(sparse.counts?.bytesRead).toBe(8 * MiB)
  expect(readFrom.filter((offset) => offset >= 4 * MiB && offset < 8 * MiB)).toEqual([])
  const silent = await compare(memoryEnd(content, { reportsHoles: false }), memoryEnd(content))
  expect(silent).toMatchObject({ ranges: [], counts: { bytesRead: 12 * MiB } })
})

test('lists so many ranges and counts all', async () => {
  const { ranges, counts } = await compare(
    memoryEnd(content),
    memoryEnd(changed(0, MiB, 2 * MiB, 11 * MiB)),
    {
      maxRanges: 2,
    },
  )
  expect(ranges.map(({ offset }) => offset)).toEqual([0, MiB])
  expect(counts).toMatchObject({ rangesDiffering: 4, bytesDiffering: 4 * 4096 })
})

describe('a longer end', () => {
  const longer = Buffer.concat([content, Buffer.alloc(3 * MiB + 512)])

  test.each([false, true])('differs by its length (swapped: %s)', async (isSwapped) => {
    const ends = [memoryEnd(content), memoryEnd(longer)] as const
    const { ranges, counts } = await compare(ends[isSwapped ? 1 : 0], ends[isSwapped ? 0 : 1])
    expect(ranges).toEqual([{ offset: 12 * MiB, length: 3 * MiB + 512 }])
    expect(counts).toMatchObject({ bytesTotal: 15 * MiB + 512, bytesCompared: 15 * MiB + 512 })
  })

  test.each([false, true])('is the same where its zero tail is ignored (swapped: %s)', async (isSwapped) => {
    const ends = [memoryEnd(content), memoryEnd(longer, { reportsHoles: false })] as const
    const options = { ignoreZeroTail: true }
    const { ranges } = await compare(ends[isSwapped ? 1 : 0], ends[isSwapped ? 0 : 1], options)
    expect(ranges).toEqual([])
  })

  test('differs where its tail has data, whether or not zeros are ignored', async () => {
    const tailed = Buffer.from(longer)
    tailed[14 * MiB + 5000] = 1
    tailed[15 * MiB + 511] = 1
    const { ranges } = await compare(memoryEnd(tailed), memoryEnd(content), { ignoreZeroTail: true })
    expect(ranges).toEqual([
      { offset: 14 * MiB + 4096, length: 4096 },
      { offset: 15 * MiB, length: 512 },
    ])
  })
})

test('a difference at the seam joins the tail behind it', async () => {
  const { ranges, counts } = await compare(
    memoryEnd(changed(12 * MiB - 1)),
    memoryEnd(Buffer.concat([content, Buffer.alloc(512)])),
  )
  expect(ranges).toEqual([{ offset: 12 * MiB - 4096, length: 4096 + 512 }])
  expect(counts?.rangesDiffering).toBe(1)
})

test('ends that stop answering end it, and so does an abort', async () => {
  const never = (signal?: AbortSignal): Promise<never> =>
    new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)))
  const deaf: End = { ...memoryEnd(content), read: (_offset, _length, signal) => never(signal) }
  await expect(compareEnds(memoryEnd(content), deaf, { stallMs: 50 })).rejects.toMatchObject({
    name: 'EndError',
    op: 'stall',
    errno: 'ETIMEDOUT',
  })
  const aborter = new AbortController()
  const comparing = compareEnds(memoryEnd(content), deaf, { signal: aborter.signal })
  aborter.abort(new Error('enough'))
  await expect(comparing).rejects.toThrow('enough')
})
