import type { End } from '../end.js'
import { memoryEnd } from '../memory-end.js'
import { readAllocation } from './allocation.js'

const GiB = 2 ** 30
const signal = new AbortController().signal

/** A huge disk: its first half data, a quarter zeros, the rest a hole. */
const huge: Pick<End, 'status'> = {
  status: async (offset, length) => {
    const kind = Math.floor((offset / GiB / 64) * 4)
    return [{ offset, length, hole: kind >= 3, zero: kind >= 2 }]
  },
}

test('sums up data, zeros and holes, and joins extents over requests', async () => {
  const end: End = { ...memoryEnd(0), ...huge, sizeBytes: 64 * GiB }
  expect(await readAllocation(end, { withinMs: 60_000, signal })).toEqual({
    dataBytes: 32 * GiB,
    zeroBytes: 16 * GiB,
    holeBytes: 16 * GiB,
    extents: 3,
    bytesLookedAt: 64 * GiB,
  })
})

test('says how far it came when time is over', async () => {
  const slow: End = {
    ...memoryEnd(0),
    sizeBytes: 64 * GiB,
    status: (offset, length, asked) =>
      offset < 4 * GiB
        ? huge.status(offset, length)
        : new Promise((_, reject) => asked?.addEventListener('abort', () => reject(asked.reason as Error))),
  }
  const found = await readAllocation(slow, { withinMs: 100, signal })
  expect(found).toMatchObject({ bytesLookedAt: 4 * GiB, dataBytes: 4 * GiB, extents: 1 })
})

test('a status that fails is no short answer', async () => {
  const broken: End = { ...memoryEnd(0), sizeBytes: GiB, status: () => Promise.reject(new Error('broken')) }
  await expect(readAllocation(broken, { withinMs: 60_000, signal })).rejects.toThrow('broken')
})
