import { setTimeout as sleep } from 'node:timers/promises'

import { copy, type CopyOptions } from './copy.js'
import type { CopyProgress } from './copy-meter.js'
import { readCheckpoint } from './checkpoint.js'
import { openDigests } from './digest-reader.js'
import { openDigestWriter } from './digest-writer.js'
import type { End, Side, WritableEnd } from './end.js'
import { EndError } from './errors.js'
import { memoryEnd } from './memory-end.js'
import { faultEnd, type Call } from './testing/fault-end.js'
import { noise, scratch } from './testing/scratch.js'
import { verify } from './verify.js'

jest.setTimeout(30_000)

const MiB = 2 ** 20
const sizeBytes = 24 * MiB
const content = Buffer.concat([noise(10 * MiB, 1), Buffer.alloc(4 * MiB), noise(10 * MiB, 2)])

const lostError = (side: Side, { op, offset, length }: Call): EndError =>
  new EndError({ side, op, offset, length, errno: 'ECONNRESET', where: 'memory disk' })

/** A server that dies: from the moment `isDead` says so every request is lost. */
const mortal = (end: WritableEnd, side: Side, isDead: (call: Call) => boolean): WritableEnd => {
  let died = false
  return faultEnd(end, {
    before: (call) => {
      died ||= isDead(call)
      if (died) throw lostError(side, call)
    },
  })
}

/** A disk with a cache: what was not flushed when its server died is as if it had never been written. */
const cachedDisk = () => {
  const durable = Buffer.alloc(sizeBytes)
  return {
    durable,
    open(isDead: (call: Call) => boolean): WritableEnd {
      const cache = memoryEnd(Buffer.from(durable), { side: 'target' })
      const flushing = faultEnd(cache, {
        after: ({ op }) => void (op === 'flush' && cache.bytes().copy(durable)),
      })
      return mortal(flushing, 'target', isDead)
    },
  }
}

const from = (end: Partial<CopyOptions>): Omit<CopyOptions, 'source' | 'target'> => ({
  extents: [{ offset: 0, length: sizeBytes }],
  sizeBytes,
  targetKnownZero: true,
  stallMs: 5000,
  ...end,
})

const nth = (op: Call['op'], count: number) => {
  let seen = 0
  return (call: Call): boolean => call.op === op && ++seen >= count
}
const never = (): boolean => false

test('a source that is lost is opened again, and nothing that was copied is read again', async () => {
  await using dir = await scratch()
  const target = memoryEnd(sizeBytes, { side: 'target' })
  const offsets: number[] = []
  const counted = (end: End): WritableEnd =>
    faultEnd(end as WritableEnd, { after: ({ op, offset }) => void (op === 'read' && offsets.push(offset)) })
  await using digests = await openDigestWriter(dir.path('d'), { sizeBytes, kind: 'root' })
  const opened: number[] = []
  const result = await copy({
    ...from({ digests }),
    source: counted(mortal(memoryEnd(content), 'source', nth('read', 6))),
    target,
    reopen: {
      withinMs: 10_000,
      source: async () => {
        opened.push(offsets.length)
        // The first two attempts find nobody at home; then it dies once more.
        if (opened.length < 3) throw lostError('source', { op: 'open', offset: 0, length: 0 })
        return counted(mortal(memoryEnd(content), 'source', opened.length < 4 ? nth('read', 4) : never))
      },
    },
  })
  await digests.finish()
  expect(target.bytes().equals(content)).toBe(true)
  expect(opened).toHaveLength(4)
  expect(result).toMatchObject({ bytesRead: 20 * MiB, bytesDone: sizeBytes, away: undefined })
  // A second time only what was in flight when it died.
  expect(offsets.length).toBeLessThan(20 + 2 * 24)
  await using reader = await openDigests(dir.path('d'))
  expect(await verify({ end: target, digests: reader })).toMatchObject({ mismatches: [] })
})

test('a target that is lost is written again from what it had flushed, its digests, too', async () => {
  await using dir = await scratch()
  const disk = cachedDisk()
  const path = dir.path('c')
  await using digests = await openDigestWriter(dir.path('d'), { sizeBytes, kind: 'root' })
  const claimed: number[] = []
  const deaths = [nth('write', 9), nth('write', 6), nth('flush', 3), never]
  await copy({
    ...from({ digests, checkpoint: { path, everyBytes: 3 * MiB, everyMs: 60_000 } }),
    source: memoryEnd(content),
    target: disk.open(deaths.shift()!),
    reopen: {
      withinMs: 10_000,
      target: async () => {
        const { cursor } = (await readCheckpoint(path)) ?? { cursor: 0 }
        claimed.push(cursor)
        // What a checkpoint claims the disk has, whenever the server dies.
        expect(disk.durable.subarray(0, cursor).equals(content.subarray(0, cursor))).toBe(true)
        return disk.open(deaths.shift()!)
      },
    },
  })
  await digests.finish()
  expect(deaths).toEqual([])
  expect(claimed).toEqual([...claimed].sort((a, b) => a - b))
  expect(disk.durable.equals(content)).toBe(true)
  await using reader = await openDigests(dir.path('d'))
  expect(await verify({ end: memoryEnd(disk.durable), digests: reader })).toMatchObject({ mismatches: [] })
  expect(reader.totals.dataBlocks * 65_536).toBe(20 * MiB)
})

test('a target that dies while it flushes is written again from the mark before, however many came since', async () => {
  await using dir = await scratch()
  const disk = cachedDisk()
  await using digests = await openDigestWriter(dir.path('d'), { sizeBytes, kind: 'root' })
  const slow = faultEnd(disk.open(nth('flush', 1)), {
    before: ({ op }) => (op === 'flush' ? sleep(200) : undefined),
  })
  await copy({
    ...from({ digests, checkpoint: { path: dir.path('c'), everyBytes: MiB, everyMs: 60_000 } }),
    source: memoryEnd(content),
    target: slow,
    reopen: { withinMs: 10_000, target: async () => disk.open(never) },
  })
  await digests.finish()
  expect(disk.durable.equals(content)).toBe(true)
  await using reader = await openDigests(dir.path('d'))
  expect(await verify({ end: memoryEnd(disk.durable), digests: reader })).toMatchObject({ mismatches: [] })
})

test('without checkpoints of its own a copy still survives its target', async () => {
  const disk = cachedDisk()
  await copy({
    ...from({}),
    source: memoryEnd(content),
    target: disk.open(nth('write', 15)),
    reopen: { withinMs: 10_000, target: async () => disk.open(never) },
  })
  expect(disk.durable.equals(content)).toBe(true)
})

test('both ends may go, one after the other, and the source first', async () => {
  await using dir = await scratch()
  const disk = cachedDisk()
  await using digests = await openDigestWriter(dir.path('d'), { sizeBytes, kind: 'root' })
  const sources = [nth('read', 8), nth('read', 5), never]
  const targets = [nth('write', 12), nth('flush', 1), never]
  const open = () => mortal(memoryEnd(content), 'source', sources.shift() ?? never)
  await copy({
    ...from({ digests, checkpoint: { path: dir.path('c'), everyBytes: 2 * MiB, everyMs: 60_000 } }),
    source: open(),
    target: disk.open(targets.shift()!),
    reopen: {
      withinMs: 10_000,
      source: async () => open(),
      target: async () => disk.open(targets.shift() ?? never),
    },
  })
  await digests.finish()
  expect(disk.durable.equals(content)).toBe(true)
  await using reader = await openDigests(dir.path('d'))
  expect(await verify({ end: memoryEnd(disk.durable), digests: reader })).toMatchObject({ mismatches: [] })
})

test('an end that stays away fails the copy with how it was lost, and progress says who is away', async () => {
  const seen = new Set<CopyProgress['away']>()
  const copying = copy({
    ...from({}),
    source: mortal(memoryEnd(content), 'source', nth('read', 3)),
    target: memoryEnd(sizeBytes, { side: 'target' }),
    onProgress: ({ away }) => void seen.add(away),
    reopen: {
      withinMs: 700,
      source: () => Promise.reject(lostError('source', { op: 'open', offset: 0, length: 0 })),
    },
  })
  await expect(copying).rejects.toMatchObject({ side: 'source', op: 'read', errno: 'ECONNRESET' })
  expect(seen).toContain('source')
})

test('an end that comes back but never lasts fails the copy, too', async () => {
  let opened = 0
  const copying = copy({
    ...from({}),
    source: mortal(memoryEnd(content), 'source', nth('read', 1)),
    target: memoryEnd(sizeBytes, { side: 'target' }),
    reopen: {
      withinMs: 1000,
      source: async () => (opened++, mortal(memoryEnd(content), 'source', nth('read', 1))),
    },
  })
  await expect(copying).rejects.toMatchObject({ side: 'source', errno: 'ECONNRESET' })
  expect(opened).toBeGreaterThan(1)
})

test.each(['EIO', 'ENOSPC', 'EPERM'])('%s is no loss: nothing is opened again', async (errno) => {
  let opened = 0
  const refusing = faultEnd(memoryEnd(sizeBytes, { side: 'target' }), {
    before: ({ op, offset, length }) => {
      if (op === 'write' && offset === 2 * MiB)
        throw new EndError({ side: 'target', op, offset, length, errno, where: 'memory disk' })
    },
  })
  const copying = copy({
    ...from({}),
    source: memoryEnd(content),
    target: refusing,
    reopen: { withinMs: 1000, target: async () => (opened++, refusing) },
  })
  await expect(copying).rejects.toMatchObject({ errno, offset: 2 * MiB, retry: false })
  expect(opened).toBe(0)
})

test('a smaller disk in the place of the old one is refused', async () => {
  const copying = copy({
    ...from({}),
    source: mortal(memoryEnd(content), 'source', nth('read', 3)),
    target: memoryEnd(sizeBytes, { side: 'target' }),
    reopen: { withinMs: 5000, source: async () => memoryEnd(sizeBytes - 512) },
  })
  await expect(copying).rejects.toThrow(`the source has ${sizeBytes - 512} bytes now`)
})

test.each(['ENOENT', 'EAGAIN'])('a server that is only starting again (%s) is waited for', async (errno) => {
  const target = memoryEnd(sizeBytes, { side: 'target' })
  let opened = 0
  await copy({
    ...from({}),
    source: mortal(memoryEnd(content), 'source', nth('read', 3)),
    target,
    reopen: {
      withinMs: 10_000,
      source: async () => {
        if (++opened < 3)
          throw new EndError({ side: 'source', op: 'open', offset: 0, length: 0, errno, where: 'socket' })
        return memoryEnd(content)
      },
    },
  })
  expect(target.bytes().equals(content)).toBe(true)
})

test('an abort ends the wait for an end that is away', async () => {
  const aborter = new AbortController()
  const copying = copy({
    ...from({}),
    source: mortal(memoryEnd(content), 'source', nth('read', 3)),
    target: memoryEnd(sizeBytes, { side: 'target' }),
    signal: aborter.signal,
    onProgress: ({ away }) => void (away === 'source' && aborter.abort(new Error('enough'))),
    reopen: {
      withinMs: 600_000,
      source: () => Promise.reject(lostError('source', { op: 'open', offset: 0, length: 0 })),
    },
  })
  await expect(copying).rejects.toThrow('enough')
})

test('a stalled end is opened again', async () => {
  const target = memoryEnd(sizeBytes, { side: 'target' })
  const hanging = faultEnd(memoryEnd(content), {
    before: ({ op, offset }) => (op === 'read' && offset >= 5 * MiB ? new Promise(() => {}) : undefined),
  })
  await copy({
    ...from({ stallMs: 200 }),
    source: hanging,
    target,
    reopen: { withinMs: 10_000, source: async () => memoryEnd(content) },
  })
  expect(target.bytes().equals(content)).toBe(true)
})

test('who lost the lease writes no checkpoint, and nothing at all once an end was away', async () => {
  await using dir = await scratch()
  const path = dir.path('c')
  let isHeld = true
  const disk = cachedDisk()
  const writesAfter: number[] = []
  const watched = (end: WritableEnd): WritableEnd =>
    faultEnd(end, {
      before: ({ op, offset }) => void (op === 'write' && !isHeld && writesAfter.push(offset)),
    })
  const copying = copy({
    ...from({ checkpoint: { path, everyBytes: 2 * MiB, everyMs: 60_000 } }),
    source: memoryEnd(content),
    target: watched(disk.open(nth('write', 9))),
    mayWrite: async () => {
      if (!isHeld) throw new Error('another attempt has begun')
    },
    reopen: {
      withinMs: 5000,
      target: async () => {
        isHeld = false
        return watched(disk.open(never))
      },
    },
  })
  await expect(copying).rejects.toThrow('another attempt has begun')
  expect(writesAfter).toEqual([])
  const none = copy({
    ...from({ checkpoint: { path: dir.path('none'), everyBytes: 2 * MiB, everyMs: 60_000 } }),
    source: memoryEnd(content),
    target: watched(disk.open(never)),
    mayWrite: () => Promise.reject(new Error('another attempt has begun')),
  })
  await expect(none).rejects.toThrow('another attempt has begun')
  expect(writesAfter).toEqual([])
  expect(await readCheckpoint(dir.path('none'))).toBeUndefined()
})

test('an opening that never answers ends with the time there is for it', async () => {
  const copying = copy({
    ...from({}),
    source: mortal(memoryEnd(content), 'source', nth('read', 3)),
    target: memoryEnd(sizeBytes, { side: 'target' }),
    reopen: { withinMs: 500, source: () => new Promise(() => {}) },
  })
  await expect(copying).rejects.toMatchObject({ side: 'source', errno: 'ECONNRESET' })
})
