import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

import fc from 'fast-check'

import { readCheckpoint } from './checkpoint.js'
import { copy, type CopyOptions } from './copy.js'
import type { CopyProgress } from './copy-meter.js'
import { openDigests } from './digest-reader.js'
import { openDigestWriter, resumeDigestWriter } from './digest-writer.js'
import { digestGrain } from './digests.js'
import type { Extent } from './end.js'
import { EndError } from './errors.js'
import { grainBytes, widenExtents } from './extents.js'
import { memoryEnd } from './memory-end.js'
import { faultEnd, failingEnd, type Call } from './testing/fault-end.js'
import { noise, scratch } from './testing/scratch.js'
import { verify } from './verify.js'

jest.setTimeout(30_000)

const MiB = 2 ** 20
const stallMs = 5000
const whole = (sizeBytes: number): Extent[] => [{ offset: 0, length: sizeBytes }]

/** Grains by letter: `.` zeros, others noise of their own; a short last grain of `tailBytes`. */
const disk = (picture: string, tailBytes = grainBytes): Buffer => {
  const grains = [...picture].map((c, i) =>
    c === '.' ? Buffer.alloc(grainBytes) : noise(grainBytes, c.charCodeAt(0) * 999 + i),
  )
  return Buffer.concat(grains).subarray(0, (picture.length - 1) * grainBytes + tailBytes)
}

const runCopy = async (path: string, options: Omit<CopyOptions, 'digests' | 'stallMs' | 'sizeBytes'>) => {
  const { sizeBytes } = options.source
  await using digests = await openDigestWriter(path, { sizeBytes, kind: 'root' })
  const result = await copy({ ...options, sizeBytes, digests, stallMs })
  await digests.finish()
  return result
}

test('for any source, old content, extents and kind of target the bytes are right and the digests agree', async () => {
  const grains = fc.integer({ min: 1, max: 40 })
  const picture = (length: number) =>
    fc.string({ unit: fc.constantFrom('.', '.', 'x', 'y'), minLength: length, maxLength: length })
  const cases = grains.chain((length) =>
    fc.record({
      now: picture(length),
      old: picture(length),
      tailBytes: fc.constantFrom(512, 4096, grainBytes),
      cuts: fc.array(fc.nat(length * grainBytes), { maxLength: 8 }),
      isFresh: fc.boolean(),
      reportsHoles: fc.boolean(),
    }),
  )
  await fc.assert(
    fc.asyncProperty(cases, async ({ now, old, tailBytes, cuts, isFresh, reportsHoles }) => {
      await using dir = await scratch()
      const content = disk(now, tailBytes)
      const before = isFresh ? Buffer.alloc(content.length) : disk(old, tailBytes)
      const points = [...new Set(cuts.map((cut) => Math.min(cut, content.length)))].sort((a, b) => a - b)
      const extents = points.flatMap((offset, i) =>
        i % 2 === 0 && points[i + 1] !== undefined ? [{ offset, length: points[i + 1]! - offset }] : [],
      )
      const expected = Buffer.from(before)
      const areas = widenExtents(extents, content.length)
      for (const { offset, length } of areas) content.copy(expected, offset, offset, offset + length)

      const target = memoryEnd(Buffer.from(before), { side: 'target' })
      const source = memoryEnd(content, { reportsHoles })
      const result = await runCopy(dir.path('d'), { source, target, extents, targetKnownZero: isFresh })
      expect(target.bytes().equals(expected)).toBe(true)
      expect(result.bytesStored + result.bytesSkipped).toBe(result.bytesTotal)

      await using digests = await openDigests(dir.path('d'))
      for (let block = 0; block * grainBytes < content.length; block++) {
        const at = block * grainBytes
        const isCovered = areas.some(({ offset, length }) => offset <= at && at < offset + length)
        const grain = content.subarray(at, at + grainBytes)
        expect(await digests.lookup(block)).toEqual(isCovered ? digestGrain(grain) : undefined)
      }
      if (isFresh) expect((await verify({ end: target, digests })).mismatchedBytes).toBe(0)
    }),
    { numRuns: 60 },
  )
})

test('does not read holes, and leaves zeros out only on a fresh target', async () => {
  await using dir = await scratch()
  const content = disk('x....yz..x')
  const old = noise(content.length, 4)
  const reads: Call[] = []
  const source = faultEnd(memoryEnd(content), {
    before: (call) => void (call.op === 'read' && reads.push(call)),
  })
  const zeroes: Call[] = []
  const seen = (call: Call) => void (call.op === 'zero' && zeroes.push(call))
  const overlay = memoryEnd(old, { side: 'target' })
  const target = faultEnd(overlay, { before: seen })
  const extents = whole(content.length)
  const result = await runCopy(dir.path('1'), { source, target, extents, targetKnownZero: false })
  expect(overlay.bytes().equals(content)).toBe(true)
  expect(reads.reduce((sum, one) => sum + one.length, 0)).toBe(4 * grainBytes)
  expect(zeroes.reduce((sum, one) => sum + one.length, 0)).toBe(6 * grainBytes)
  expect(result).toMatchObject({
    bytesRead: 4 * grainBytes,
    bytesStored: 4 * grainBytes,
    bytesSkipped: 6 * grainBytes,
  })

  zeroes.length = 0
  const fresh = faultEnd(memoryEnd(content.length, { side: 'target' }), { before: seen })
  await runCopy(dir.path('2'), { source, target: fresh, extents, targetKnownZero: true })
  expect(zeroes).toEqual([])
})

test('requests that finish in any order never move the cursor, or the checkpoint, past a gap', async () => {
  await using dir = await scratch()
  const content = noise(24 * MiB, 7)
  const inner = memoryEnd(content.length, { side: 'target' })
  let release = (): void => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  let written = 0
  const target = faultEnd(inner, {
    before: ({ op, offset }) => (op === 'write' && offset === 5 * MiB ? held : undefined),
    after: ({ op }) => {
      if (op === 'write' && ++written === 20) release()
    },
  })
  const cursors: number[] = []
  const checkpoint = { path: dir.path('c'), everyBytes: MiB, everyMs: 1 }
  let atRelease: unknown
  void held.then(async () => (atRelease = (await readCheckpoint(checkpoint.path))?.cursor))
  const onProgress = (progress: CopyProgress): void => void cursors.push(progress.cursor)
  const options = {
    source: memoryEnd(content),
    target,
    extents: whole(content.length),
    targetKnownZero: true,
  }
  await runCopy(dir.path('d'), { ...options, checkpoint, onProgress })
  expect(inner.bytes().equals(content)).toBe(true)
  expect(atRelease).toBeLessThanOrEqual(5 * MiB)
  expect(cursors).toEqual([...cursors].sort((a, b) => a - b))
  expect(await readCheckpoint(checkpoint.path)).toMatchObject({ cursor: content.length })
})

test('a sparse disk has a checkpoint for what is moved, not for every hole', async () => {
  await using dir = await scratch()
  const sizeBytes = 64 * 1024 * MiB
  const empty = memoryEnd(0)
  const zeros = async (offset: number, length: number) => [{ offset, length, hole: true, zero: true }]
  let flushes = 0
  await copy({
    source: { ...empty, sizeBytes, status: zeros },
    target: { ...empty, sizeBytes, flush: async () => void flushes++ },
    sizeBytes,
    extents: whole(sizeBytes),
    targetKnownZero: true,
    checkpoint: { path: dir.path('c'), everyBytes: 64 * MiB, everyMs: 60_000 },
    stallMs,
  })
  expect(flushes).toBeLessThan(4)
  expect(await readCheckpoint(dir.path('c'))).toMatchObject({ cursor: sizeBytes })
})

test('a checkpoint claims only what was written before a flush', async () => {
  await using dir = await scratch()
  const content = noise(16 * MiB, 9)
  const pending: Extent[] = []
  let durable: Extent[] = []
  let beforeFlush: Extent[] = []
  const path = dir.path('c')
  const claims: boolean[] = []
  const target = faultEnd(memoryEnd(content.length, { side: 'target' }), {
    before: async ({ op }) => {
      if (op !== 'flush') return
      const claimed = (await readCheckpoint(path))?.cursor ?? 0
      const covered = widenExtents(durable, content.length)
      claims.push(claimed === 0 || (covered[0]?.offset === 0 && covered[0].length >= claimed))
      beforeFlush = [...pending]
    },
    after: ({ op, offset, length }) => {
      if (op === 'write') pending.push({ offset, length })
      if (op === 'flush') durable = beforeFlush
    },
  })
  const checkpoint = { path, everyBytes: MiB, everyMs: 60_000 }
  await runCopy(dir.path('d'), {
    source: memoryEnd(content),
    target,
    extents: whole(content.length),
    targetKnownZero: true,
    checkpoint,
  })
  expect(claims.length).toBeGreaterThan(3)
  expect(claims).not.toContain(false)
})

test('goes on from a checkpoint after a failure, reading only what is missing', async () => {
  await using dir = await scratch()
  const content = Buffer.concat([noise(20 * MiB, 3), Buffer.alloc(4 * MiB), noise(8 * MiB, 5)])
  const sizeBytes = content.length
  const target = memoryEnd(sizeBytes, { side: 'target' })
  const extents = whole(sizeBytes)
  const checkpoint = { path: dir.path('1.checkpoint'), everyBytes: 2 * MiB, everyMs: 60_000 }
  const common = { source: memoryEnd(content), extents, sizeBytes, targetKnownZero: true, stallMs }
  await using first = await openDigestWriter(dir.path('1'), { sizeBytes, kind: 'root' })
  // Flushes are slow, so that the copy runs on beside each checkpoint; the failure waits for one that claims something.
  const cursorNow = async (): Promise<number> => (await readCheckpoint(checkpoint.path))?.cursor ?? 0
  const failing = faultEnd(target, {
    before: async ({ op, offset, length }) => {
      if (op === 'flush') await sleep(30)
      if (op !== 'write' || offset !== 12 * MiB) return
      while ((await cursorNow()) < MiB) await sleep(1)
      throw new EndError({ side: 'target', op, offset, length, errno: 'EIO', where: 'memory disk' })
    },
  })
  await expect(copy({ ...common, target: failing, digests: first, checkpoint })).rejects.toMatchObject({
    errno: 'EIO',
  })

  const resumeFrom = (await readCheckpoint(checkpoint.path))!
  expect(resumeFrom.cursor).toBeGreaterThanOrEqual(2 * MiB)
  expect(resumeFrom.cursor).toBeLessThanOrEqual(12 * MiB)
  const from = { path: dir.path('1'), digestBytes: resumeFrom.digestBytes }
  await using digests = await resumeDigestWriter(dir.path('2'), from, { sizeBytes, kind: 'root' })
  const second = { ...checkpoint, path: dir.path('2.checkpoint') }
  const result = await copy({ ...common, target, digests, resumeFrom, checkpoint: second })
  await digests.finish()
  expect(target.bytes().equals(content)).toBe(true)
  expect(result.bytesRead - resumeFrom.counts.bytesRead).toBe(28 * MiB - resumeFrom.cursor)
  expect(result.bytesDone).toBe(result.bytesTotal)
  await using reader = await openDigests(dir.path('2'))
  expect(await verify({ end: target, digests: reader })).toMatchObject({
    mismatches: [],
    bytesChecked: sizeBytes,
  })

  const other = copy({ ...common, extents: [{ offset: 0, length: MiB }], target, digests, resumeFrom })
  await expect(other).rejects.toMatchObject({ name: 'CheckpointError', problem: 'plan-changed' })
})

test('a resumed copy whose checkpoint is at the end has nothing left to read', async () => {
  await using dir = await scratch()
  const content = noise(3 * MiB, 3)
  const sizeBytes = content.length
  const target = memoryEnd(sizeBytes, { side: 'target' })
  const checkpoint = { path: dir.path('c'), everyBytes: MiB, everyMs: 1000 }
  const common = {
    source: memoryEnd(content),
    target,
    extents: whole(sizeBytes),
    targetKnownZero: true,
    checkpoint,
  }
  await runCopy(dir.path('1'), common)
  const resumeFrom = (await readCheckpoint(checkpoint.path))!
  const from = { path: dir.path('1'), digestBytes: resumeFrom.digestBytes }
  await using digests = await resumeDigestWriter(dir.path('2'), from, { sizeBytes, kind: 'root' })
  expect(await copy({ ...common, sizeBytes, stallMs, digests, resumeFrom })).toMatchObject({
    bytesRead: resumeFrom.counts.bytesRead,
    bytesDone: sizeBytes,
  })
})

test.each([
  { on: 'read', errno: 'EIO' },
  { on: 'status', errno: 'EINVAL' },
  { on: 'write', errno: 'ENOSPC' },
  { on: 'zero', errno: 'EPERM' },
  { on: 'flush', errno: 'EIO' },
] as const)('$errno on $on ends the copy', async ({ on, errno }) => {
  await using dir = await scratch()
  const content = Buffer.concat([noise(4 * MiB, 1), Buffer.alloc(MiB)])
  const isSource = on === 'read' || on === 'status'
  const fault = { on, errno }
  const source = isSource ? failingEnd(memoryEnd(content), fault) : memoryEnd(content)
  const empty = memoryEnd(content.length, { side: 'target' })
  const target = isSource ? empty : failingEnd(empty, fault)
  const copying = runCopy(dir.path('d'), {
    source,
    target,
    extents: whole(content.length),
    targetKnownZero: false,
  })
  await expect(copying).rejects.toMatchObject({ name: 'EndError', op: on, errno })
})

test.each([
  { on: 'read', side: 'source' },
  { on: 'status', side: 'source' },
  { on: 'write', side: 'target' },
  { on: 'flush', side: 'target' },
] as const)('a $side whose $on never answers is named when the copy stalls', async ({ on, side }) => {
  await using dir = await scratch()
  const content = noise(4 * MiB, 1)
  const hang = { before: ({ op }: Call) => (op === on ? new Promise(() => {}) : undefined) }
  const source = faultEnd(memoryEnd(content), side === 'source' ? hang : {})
  const target = faultEnd(memoryEnd(content.length), side === 'target' ? hang : {})
  await using digests = await openDigestWriter(dir.path('d'), { sizeBytes: content.length, kind: 'root' })
  const options = {
    source,
    target,
    extents: whole(content.length),
    sizeBytes: content.length,
    targetKnownZero: true,
  }
  const copying = copy({ ...options, digests, stallMs: 150 })
  await expect(copying).rejects.toMatchObject({ op: 'stall', side, errno: 'ETIMEDOUT', retry: true })
})

test('an abort ends a copy that waits for ends which never answer', async () => {
  await using dir = await scratch()
  const content = noise(4 * MiB, 1)
  const source = faultEnd(memoryEnd(content), {
    before: ({ op }) => (op === 'read' ? new Promise(() => {}) : undefined),
  })
  const aborter = new AbortController()
  const target = memoryEnd(content.length)
  const copying = runCopy(dir.path('d'), {
    source,
    target,
    extents: whole(content.length),
    targetKnownZero: true,
    signal: aborter.signal,
  })
  const outcome = expect(copying).rejects.toThrow('enough')
  aborter.abort(new Error('enough'))
  await outcome
  const late = runCopy(dir.path('d'), {
    source,
    target,
    extents: [],
    targetKnownZero: true,
    signal: aborter.signal,
  })
  await expect(late).rejects.toThrow('enough')
})

test('extents beyond the disk, and ends too small for it, are refused before anything is touched', async () => {
  await using dir = await scratch()
  const content = noise(MiB, 1)
  const target = memoryEnd(MiB)
  const beyond = [{ offset: MiB - 1, length: 2 }]
  await expect(
    runCopy(dir.path('d'), { source: memoryEnd(content), target, extents: beyond, targetKnownZero: true }),
  ).rejects.toThrow(RangeError)
  const small = memoryEnd(MiB / 2)
  await expect(
    runCopy(dir.path('d'), {
      source: memoryEnd(content),
      target: small,
      extents: whole(MiB),
      targetKnownZero: true,
    }),
  ).rejects.toThrow('target')
  expect(target.bytes().equals(Buffer.alloc(MiB))).toBe(true)
})

test('a checkpoint comes when its time is up, though the source has stalled', async () => {
  await using dir = await scratch()
  const content = noise(4 * MiB, 9)
  const path = dir.path('c')
  let release = (): void => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  const source = faultEnd(memoryEnd(content), {
    before: async ({ op, offset }) => {
      if (op === 'read' && offset >= 3 * MiB) await held
    },
  })
  const running = runCopy(dir.path('d'), {
    source,
    target: memoryEnd(content.length, { side: 'target' }),
    extents: whole(content.length),
    targetKnownZero: true,
    checkpoint: { path, everyBytes: 64 * MiB, everyMs: 50 },
  })
  while ((await readCheckpoint(path))?.cursor !== 3 * MiB) await sleep(5)
  release()
  expect(await running).toMatchObject({ bytesDone: content.length })
})

test('each checkpoint is told once it stands, and none that does not', async () => {
  await using dir = await scratch()
  const path = dir.path('c')
  const told: number[] = []
  let flushes = 0
  const target = faultEnd(memoryEnd(8 * MiB, { side: 'target' }), {
    before: ({ op, offset, length }) => {
      if (op === 'flush' && ++flushes === 3)
        throw new EndError({ side: 'target', op, offset, length, errno: 'EIO', where: 'memory disk' })
    },
  })
  const copying = copy({
    source: memoryEnd(noise(8 * MiB, 1)),
    target,
    extents: whole(8 * MiB),
    sizeBytes: 8 * MiB,
    targetKnownZero: true,
    checkpoint: { path, everyBytes: MiB, everyMs: 60_000 },
    onCheckpoint: ({ cursor }) => {
      told.push(cursor)
      expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ cursor })
    },
    stallMs,
  })
  await expect(copying).rejects.toMatchObject({ errno: 'EIO' })
  expect(told).toHaveLength(2)
  expect(await readCheckpoint(path)).toMatchObject({ cursor: told.at(-1) })
})
