import type { SnapshotDisk } from '../platform.js'
import { pagedAreas, type ChangedPage } from './changed-areas.js'

const KiB = 1024
const disk: SnapshotDisk = {
  key: 2000,
  backingUuid: '6000C295-0001',
  capacityBytes: 1024 * KiB,
  path: '[vsanDatastore] pgtest1/pgtest1.vmdk',
  changeId: '52 de c0 d9/3',
}

const page = (startOffset: number, length: number, ...areas: [number, number][]): ChangedPage => ({
  startOffset,
  length,
  areas: areas.map(([start, size]) => ({ start, length: size })),
})

/** Answers page by page, whatever is asked, and remembers the questions. */
const answering = (...pages: ChangedPage[]) => {
  const asked: number[] = []
  return {
    asked,
    ask: async (offset: number): Promise<ChangedPage> => {
      const next = pages[asked.length]
      asked.push(offset)
      if (next === undefined) throw new Error('asked once too often')
      return next
    },
  }
}

test('pages are asked for up to the capacity and areas that touch are merged', async () => {
  const { asked, ask } = answering(
    page(0, 512 * KiB, [0, 64 * KiB], [64 * KiB, 64 * KiB], [256 * KiB, 256 * KiB]),
    page(512 * KiB, 256 * KiB, [512 * KiB, 64 * KiB]),
    page(768 * KiB, 256 * KiB),
  )
  expect(await pagedAreas(disk, ask)).toEqual([
    { offset: 0, length: 128 * KiB },
    { offset: 256 * KiB, length: 320 * KiB },
  ])
  expect(asked).toEqual([0, 512 * KiB, 768 * KiB])
})

test('28,000 areas in 7,000 pages come back whole', async () => {
  const big = { ...disk, capacityBytes: 28_000 * 128 * KiB }
  const ask = async (offset: number): Promise<ChangedPage> =>
    page(
      offset,
      512 * KiB,
      ...Array.from({ length: 4 }, (_, index): [number, number] => [offset + index * 128 * KiB, 64 * KiB]),
    )
  const areas = await pagedAreas(big, ask)
  expect(areas).toHaveLength(28_000)
  expect(areas[27_999]).toEqual({ offset: 27_999 * 128 * KiB, length: 64 * KiB })
})

const whole = 1024 * KiB
test.each<{ name: string; pages: ChangedPage[]; says: string }>([
  {
    name: 'nothing at all',
    pages: [{ startOffset: undefined, length: undefined, areas: [] }],
    says: 'from byte none',
  },
  { name: 'no length', pages: [{ startOffset: 0, length: undefined, areas: [] }], says: 'covers no bytes' },
  { name: 'no progress', pages: [page(0, 0)], says: 'covers 0 bytes' },
  { name: 'steps back', pages: [page(0, -512)], says: 'covers -512 bytes' },
  { name: 'another beginning', pages: [page(512, whole)], says: 'answered from byte 512' },
  {
    name: 'the same page again',
    pages: [page(0, 512), page(0, 512)],
    says: 'asked from byte 512 it answered from byte 0',
  },
  { name: 'more than the disk', pages: [page(0, whole + 1)], says: 'the disk at 1048576' },
  {
    name: 'an area beyond the end',
    pages: [page(0, whole, [whole - 512, 1024])],
    says: 'outside its answer',
  },
  {
    name: 'an area before its page',
    pages: [page(0, 512), page(512, 512, [0, 10])],
    says: 'outside its answer',
  },
  { name: 'areas unsorted', pages: [page(0, whole, [4096, 512], [0, 512])], says: 'does not follow' },
  { name: 'areas overlapping', pages: [page(0, whole, [0, 1024], [512, 1024])], says: 'does not follow' },
  { name: 'an empty area', pages: [page(0, whole, [0, 0])], says: 'length 0' },
  { name: 'a negative area', pages: [page(0, whole, [-512, 1024])], says: 'start -512' },
  {
    name: 'an area that is no number',
    pages: [{ startOffset: 0, length: whole, areas: [{ start: undefined, length: 512 }] }],
    says: 'start none',
  },
])('an answer with $name is malformed and says so', async ({ pages, says }) => {
  await expect(pagedAreas(disk, answering(...pages).ask)).rejects.toMatchObject({
    code: 'change-tracking-malformed',
    retry: false,
    message: expect.stringContaining(says) as string,
  })
})

test('an answer that creeps on byte by byte is given up', async () => {
  await expect(pagedAreas(disk, async (offset) => page(offset, 1))).rejects.toMatchObject({
    code: 'change-tracking-malformed',
    message: expect.stringContaining('did not come to an end') as string,
  })
})
