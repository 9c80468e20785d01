import fc from 'fast-check'

import { createBufferPool, processBuffers, type BufferShare } from './buffer-pool.js'

const KiB = 1024
const MiB = 1024 * KiB

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
/** Asks for buffers, and shows which came. */
const asks = async (share: BufferShare, count: number, bytes = MiB, signal?: AbortSignal) => {
  const got: Buffer[] = []
  const refused: unknown[] = []
  for (let i = 0; i < count; i++)
    share.take(bytes, signal).then(
      (buffer) => got.push(buffer),
      (error: unknown) => refused.push(error),
    )
  await settle()
  return { got, refused }
}
const overlap = (a: Buffer, b: Buffer): boolean =>
  a.buffer === b.buffer && a.byteOffset < b.byteOffset + b.length && b.byteOffset < a.byteOffset + a.length

test('28,000 small fragments at a time hold what they are, not a MiB each', async () => {
  const pool = createBufferPool(64 * MiB)
  const { got } = await asks(pool.join(), 28_000, 64 * KiB)
  // Two thirds of 64 slabs: the rest is for whoever comes next.
  expect(got.length).toBe(42 * 16)
  expect(got.every((buffer) => buffer.length === 64 * KiB)).toBe(true)
})

test('memory is used again after it was given, never after it was dropped', async () => {
  const share = createBufferPool(8 * MiB).join()
  const [given, dropped] = (await asks(share, 2)).got
  share.give(given!)
  share.drop(dropped!)
  const { got } = await asks(share, 4)
  expect(got.length).toBe(4)
  expect(got.filter((buffer) => buffer.buffer === given!.buffer)).toHaveLength(1)
  expect(got.filter((buffer) => buffer.buffer === dropped!.buffer)).toHaveLength(0)
})

test('a slab with a dropped grain is lent no more, and its room comes back with its last grain', async () => {
  const pool = createBufferPool(MiB)
  const share = pool.join()
  const [a, b] = (await asks(share, 2, 64 * KiB)).got
  share.drop(a!)
  const next = await asks(share, 1, 64 * KiB)
  expect(next.got).toHaveLength(0)
  share.give(b!)
  await settle()
  expect(next.got).toHaveLength(1)
  expect(next.got[0]!.buffer).not.toBe(a!.buffer)
})

test('copies that stall one after the other still leave room for the next', async () => {
  const pool = createBufferPool(64 * MiB)
  const held: number[] = []
  for (let i = 0; i < 5; i++) held.push((await asks(pool.join(), 100)).got.length)
  expect(held[0]).toBe(42)
  expect(Math.min(...held)).toBeGreaterThanOrEqual(1)
  expect(held.reduce((a, b) => a + b)).toBeLessThanOrEqual(64)
})

test('while others wait nobody gets more than its equal part', async () => {
  const pool = createBufferPool(12 * MiB)
  const shares = [pool.join(), pool.join(), pool.join()]
  const hungry = await Promise.all(shares.map((share) => asks(share, 40)))
  for (let round = 0; round < 30; round++) {
    const { got } = hungry[round % 3]!
    shares[round % 3]!.give(got.shift()!)
    await settle()
  }
  for (const { got } of hungry) {
    expect(got.length).toBeGreaterThanOrEqual(2)
    expect(got.length).toBeLessThanOrEqual(4)
  }
})

test('who waits with another that waits gets its equal part, though a third uses little of its own', async () => {
  const pool = createBufferPool(64 * MiB)
  await asks(pool.join(), 1)
  const shares = [pool.join(), pool.join()]
  const hungry = await Promise.all(shares.map((share) => asks(share, 300)))
  for (let round = 0; round < 150; round++) {
    shares[round % 2]!.give(hungry[round % 2]!.got.shift()!)
    await settle()
  }
  // Both get what a third of 64 is, and neither is kept from it.
  for (const { got } of hungry) expect([20, 21]).toContain(got.length)
})

test('a stalled copy of small fragments pins no slab of another', async () => {
  const pool = createBufferPool(8 * MiB)
  const [stalled, moving] = [pool.join(), pool.join()]
  await asks(stalled, 17, 64 * KiB)
  const first = await asks(moving, 64, 64 * KiB)
  for (const buffer of first.got) moving.give(buffer)
  expect((await asks(moving, 3)).got).toHaveLength(3)
})

test('disposing a share gives back all its room, refuses whom it let wait, and reuses nothing of it', async () => {
  const pool = createBufferPool(2 * MiB)
  const [leaving, staying] = [pool.join(), pool.join()]
  const mine = await asks(leaving, 3)
  expect(mine.got).toHaveLength(2)
  const next = await asks(staying, 2)
  expect(next.got).toHaveLength(0)
  leaving[Symbol.dispose]()
  leaving[Symbol.dispose]()
  await settle()
  expect(mine.refused).toHaveLength(1)
  expect(next.got).toHaveLength(2)
  expect(next.got.some((buffer) => mine.got.some((old) => overlap(old, buffer)))).toBe(false)
  leaving.give(mine.got[0]!)
  await expect(leaving.take(1)).rejects.toThrow('disposed')
})

test('one that leaves the line lets those behind it go on', async () => {
  const share = createBufferPool(MiB).join()
  await share.take(64 * KiB)
  const abort = new AbortController()
  const large = await asks(share, 1, MiB, abort.signal)
  const small = await asks(share, 1, 64 * KiB)
  expect(small.got).toHaveLength(0)
  abort.abort(new Error('cancelled'))
  await settle()
  expect(large.refused).toEqual([new Error('cancelled')])
  expect(small.got).toHaveLength(1)
})

test('a buffer given back twice, or never taken, is an error', async () => {
  const share = createBufferPool(4 * MiB).join()
  const buffer = await share.take(MiB)
  share.give(buffer)
  await share.take(MiB)
  expect(() => share.give(buffer)).toThrow(RangeError)
  expect(() => share.drop(Buffer.alloc(1))).toThrow(RangeError)
})

test.each([0, -1, 1.5, MiB + 1, NaN])('a buffer of %d bytes is refused', async (bytes) => {
  using share = processBuffers.join()
  await expect(share.take(bytes)).rejects.toThrow(RangeError)
})

test('for any interleaving nothing overlaps, nothing dropped comes back, room is kept and all are served', async () => {
  const step = fc.record({
    kind: fc.constantFrom('take', 'take', 'take', 'give', 'drop', 'abort', 'leave'),
    who: fc.nat(3),
    which: fc.nat(1000),
    bytes: fc.oneof(fc.integer({ min: 1, max: MiB }), fc.constantFrom(64 * KiB, 128 * KiB, MiB)),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 9 }),
      fc.array(step, { maxLength: 80 }),
      async (slabs, steps) => {
        const pool = createBufferPool(slabs * MiB)
        const join = () => ({
          share: pool.join(),
          held: [] as Buffer[],
          line: [] as AbortController[],
          order: [] as number[],
        })
        const copies = Array.from({ length: 4 }, join)
        const lost: Buffer[] = []
        const wrong: number[] = []
        let asked = 0
        for (const { kind, who, which, bytes } of steps) {
          const copy = copies[who]!
          const { held, line } = copy
          const taken = held[which % Math.max(1, held.length)]
          if (kind === 'take') {
            const [n, abort] = [asked++, new AbortController()]
            line.push(abort)
            const left = (): void => void line.splice(line.indexOf(abort), 1)
            copy.share.take(bytes, abort.signal).then((buffer) => {
              const others = [...copies.flatMap((all) => all.held), ...lost]
              if (buffer.length !== bytes || others.some((other) => overlap(other, buffer))) wrong.push(n)
              held.push(buffer)
              copy.order.push(n)
              left()
            }, left)
          } else if (kind === 'give' && taken !== undefined) {
            held.splice(held.indexOf(taken), 1)
            copy.share.give(taken)
          } else if (kind === 'drop' && taken !== undefined) {
            held.splice(held.indexOf(taken), 1)
            lost.push(taken)
            copy.share.drop(taken)
          } else if (kind === 'abort') line[which % Math.max(1, line.length)]?.abort(new Error('x'))
          else if (kind === 'leave') {
            lost.push(...held)
            copy.share[Symbol.dispose]()
            copies[who] = join()
          }
          await settle()
          const slabsHeld = new Set(copies.flatMap((all) => all.held.map((buffer) => buffer.buffer))).size
          expect(slabsHeld).toBeLessThanOrEqual(slabs)
          // Who has nothing waits only while nothing is left.
          const starved = copies.some((all) => all.held.length === 0 && all.line.length > 0)
          expect(starved && slabsHeld < slabs).toBe(false)
        }
        while (copies.some(({ held, line }) => held.length + line.length > 0)) {
          const busy = copies.filter(({ held }) => held.length > 0)
          expect(busy.length).toBeGreaterThan(0)
          for (const { share, held } of busy) share.give(held.shift()!)
          await settle()
        }
        expect(wrong).toEqual([])
        for (const { order } of copies) expect(order).toEqual([...order].sort((a, b) => a - b))
      },
    ),
    { numRuns: 150 },
  )
})
