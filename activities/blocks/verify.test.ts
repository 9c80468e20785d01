import { compareEnds } from './compare-ends.js'
import { copy } from './copy.js'
import { openDigests } from './digest-reader.js'
import { openDigestWriter } from './digest-writer.js'
import { grainBytes } from './extents.js'
import { memoryEnd } from './memory-end.js'
import { noise, scratch } from './testing/scratch.js'
import { verify } from './verify.js'

jest.setTimeout(30_000)

const MiB = 2 ** 20

const copied = async (path: string, content: Buffer) => {
  const sizeBytes = content.length
  await using digests = await openDigestWriter(path, { sizeBytes, kind: 'root' })
  const target = memoryEnd(sizeBytes)
  const extents = [{ offset: 0, length: sizeBytes }]
  await copy({
    source: memoryEnd(content),
    target,
    extents,
    sizeBytes,
    targetKnownZero: true,
    digests,
    stallMs: 5000,
  })
  await digests.finish()
  return target
}

test.each([
  { name: 'a flipped bit', at: 3 * MiB + 5, value: 0xf0 },
  { name: 'a byte where nobody wrote', at: 5 * MiB + 70_000, value: 1 },
  { name: 'the last byte of a short last grain', at: 6 * MiB + 1000, value: 0 },
])('$name is found, in its grain', async ({ at, value }) => {
  await using dir = await scratch()
  const content = Buffer.concat([noise(4 * MiB, 1), Buffer.alloc(2 * MiB), noise(1001, 2)])
  const target = await copied(dir.path('d'), content)
  target.bytes()[at] = value
  await using digests = await openDigests(dir.path('d'))
  const offset = at - (at % grainBytes)
  const length = Math.min(grainBytes, content.length - offset)
  const result = await verify({ end: target, digests })
  expect(result).toMatchObject({
    mismatches: [{ offset, length }],
    mismatchedBytes: length,
    bytesChecked: content.length,
  })
})

test('data that became a hole is found without reading it', async () => {
  await using dir = await scratch()
  const content = noise(4 * MiB, 1)
  const target = await copied(dir.path('d'), content)
  target.bytes().fill(0, MiB, 2 * MiB)
  await using digests = await openDigests(dir.path('d'))
  const result = await verify({ end: target, digests })
  expect(result).toMatchObject({ mismatches: [{ offset: MiB, length: MiB }], bytesRead: 3 * MiB })
})

test('the list of mismatches is bounded, their count is not', async () => {
  await using dir = await scratch()
  const target = await copied(dir.path('d'), noise(4 * MiB, 1))
  noise(4 * MiB, 2).copy(target.bytes())
  await using digests = await openDigests(dir.path('d'))
  const result = await verify({ end: target, digests, maxMismatches: 2 })
  expect(result.mismatches.reduce((sum, one) => sum + one.length, 0)).toBe(2 * grainBytes)
  expect(result.mismatchedBytes).toBe(4 * MiB)
})

test('an abort ends a verification', async () => {
  await using dir = await scratch()
  const target = await copied(dir.path('d'), noise(8 * MiB, 1))
  await using digests = await openDigests(dir.path('d'))
  const aborter = new AbortController()
  const checking = verify({ end: target, digests, signal: aborter.signal })
  aborter.abort(new Error('enough'))
  await expect(checking).rejects.toThrow('enough')
})

test('only the areas asked for are read and judged', async () => {
  await using dir = await scratch()
  const target = await copied(dir.path('d'), noise(4 * MiB + 1000, 1))
  for (const at of [MiB, 4 * MiB + 999]) target.bytes().writeUInt8(target.bytes().readUInt8(at) ^ 1, at)
  await using digests = await openDigests(dir.path('d'))
  const good = [
    { offset: 0, length: MiB },
    { offset: MiB + grainBytes, length: 5 * grainBytes },
  ]
  const bytes = MiB + 5 * grainBytes
  expect(await verify({ end: target, digests, areas: good })).toEqual({
    bytesTotal: bytes,
    bytesChecked: bytes,
    bytesRead: bytes,
    mismatches: [],
    mismatchedBytes: 0,
  })
  const bad = [
    { offset: MiB, length: grainBytes },
    { offset: 4 * MiB, length: 1000 },
  ]
  expect(await verify({ end: target, digests, areas: bad })).toMatchObject({
    mismatches: bad,
    mismatchedBytes: grainBytes + 1000,
  })
  expect(await verify({ end: target, digests, areas: [] })).toMatchObject({ bytesTotal: 0, bytesRead: 0 })
  await expect(verify({ end: target, digests, areas: [{ offset: 4 * MiB, length: MiB }] })).rejects.toThrow(
    RangeError,
  )
})

test('an end that does not answer any more ends the verification', async () => {
  await using dir = await scratch()
  const target = await copied(dir.path('d'), noise(2 * MiB, 1))
  await using digests = await openDigests(dir.path('d'))
  const silent = {
    ...target,
    read: (_offset: number, _length: number, signal?: AbortSignal) =>
      new Promise<Buffer>((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason as Error))
      }),
  }
  await expect(verify({ end: silent, digests, stallMs: 100 })).rejects.toMatchObject({
    op: 'stall',
    errno: 'ETIMEDOUT',
  })
})

test('comparing two ends names the ranges that differ', async () => {
  const content = noise(3 * MiB, 1)
  const other = Buffer.concat([content, Buffer.alloc(512)])
  other[MiB + 5000] = 0
  expect(await compareEnds(memoryEnd(content), memoryEnd(Buffer.from(content)))).toEqual([])
  expect(await compareEnds(memoryEnd(content), memoryEnd(other))).toEqual([
    { offset: MiB + 4096, length: 4096 },
    { offset: 3 * MiB, length: 512 },
  ])
})
