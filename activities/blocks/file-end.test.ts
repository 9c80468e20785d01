import { mkdir, open, readFile, readlink, readdir, stat, truncate, writeFile } from 'node:fs/promises'

import { fileEnd, type FileEnd } from './file-end.js'
import { noise, scratch } from './testing/scratch.js'

const MiB = 2 ** 20
const sizeBytes = 8 * MiB + 512
const content = noise(sizeBytes, 1)

const withFile = async (
  use: (end: FileEnd, path: string) => Promise<void>,
  from: Buffer = content,
  readOnly = false,
): Promise<void> => {
  await using dir = await scratch()
  await writeFile(dir.path('disk'), from)
  await using end = await fileEnd(dir.path('disk'), { side: 'target', readOnly })
  await use(end, dir.path('disk'))
}

test('reads and writes at positions, many at once', () =>
  withFile(async (end, path) => {
    const offsets = Array.from({ length: 64 }, (_, index) => index * 128 * 1024)
    const parts = await Promise.all(offsets.map((offset) => end.read(offset, 1000)))
    parts.forEach((part, index) =>
      expect(part.equals(content.subarray(offsets[index], offsets[index]! + 1000))).toBe(true),
    )
    const other = noise(sizeBytes, 2)
    await Promise.all(
      offsets.map((offset) => end.write(offset + 7, other.subarray(offset + 7, offset + 5000))),
    )
    await end.flush()
    const expected = Buffer.from(content)
    for (const offset of offsets) other.copy(expected, offset + 7, offset + 7, offset + 5000)
    expect((await readFile(path)).equals(expected)).toBe(true)
    const into = Buffer.alloc(512)
    await end.readInto(sizeBytes - 512, into)
    expect(into.equals(expected.subarray(-512))).toBe(true)
  }))

test('makes a file where there is none, and leaves its zeros as holes', async () => {
  await using dir = await scratch()
  await using end = await fileEnd(dir.path('new'), { side: 'target', create: { sizeBytes: 64 * MiB } })
  expect(end).toMatchObject({ sizeBytes: 64 * MiB, isCreated: true, readOnly: false })
  await end.write(MiB, noise(65_536, 3))
  await end.zero(0, 64 * MiB)
  await end.write(3 * MiB, noise(65_536, 4))
  await end.flush()
  const { size, blocks, mode } = await stat(dir.path('new'))
  expect(size).toBe(64 * MiB)
  expect(blocks * 512).toBeLessThan(MiB)
  expect(mode & 0o077).toBe(0)
  expect((await end.read(MiB, 65_536)).every((byte) => byte === 0)).toBe(true)
  await using again = await fileEnd(dir.path('new'), { side: 'target', create: { sizeBytes: 5 } })
  expect(again).toMatchObject({ sizeBytes: 64 * MiB, isCreated: false })
  expect((await again.read(3 * MiB, 65_536)).equals(noise(65_536, 4))).toBe(true)
})

test('zero takes data away whole, and nothing beside it', () =>
  withFile(async (end, path) => {
    await end.zero(100, 3 * MiB)
    await end.zero(5 * MiB, 1)
    const expected = Buffer.from(content)
    expected.fill(0, 100, 100 + 3 * MiB)
    expected.fill(0, 5 * MiB, 5 * MiB + 1)
    expect((await readFile(path)).equals(expected)).toBe(true)
  }))

describe('status', () => {
  test('is zero only for a file that is one hole, on file systems that count honestly', async () => {
    await using dir = await scratch()
    await using end = await fileEnd(dir.path('new'), { side: 'target', create: { sizeBytes: 4 * MiB } })
    const isKnown = (zero: boolean) => [{ offset: MiB, length: MiB, hole: zero, zero }]
    const before = await end.status(MiB, MiB)
    // /tmp may lie on a file system whose count means nothing: then all is data.
    expect([isKnown(true), isKnown(false)]).toContainEqual(before)
    await end.write(0, Buffer.from('x'))
    expect(await end.status(MiB, MiB)).toEqual(isKnown(false))
    expect(await end.status(0, 0)).toEqual([])
  })

  test('a file full of data is data', () =>
    withFile(async (end) => {
      expect(await end.status(0, sizeBytes)).toEqual([
        { offset: 0, length: sizeBytes, hole: false, zero: false },
      ])
    }))

  test('no blocks where they are not counted are no zeros', async () => {
    // sysfs states a size and no blocks for files that have content.
    const path = '/sys/kernel/uevent_seqnum'
    expect(await stat(path)).toMatchObject({ blocks: 0, size: 4096 })
    await using end = await fileEnd(path, { side: 'source' })
    expect(await end.status(0, 4096)).toEqual([{ offset: 0, length: 4096, hole: false, zero: false }])
  })
})

test.each([
  { name: 'missing', make: async () => {}, errno: 'ENOENT', text: /no such file or directory$/ },
  { name: 'a directory', make: mkdir, errno: 'EISDIR', text: /it is a directory$/ },
])('does not open what is $name', async ({ make, errno, text }) => {
  await using dir = await scratch()
  await make(dir.path('x'))
  const opening = fileEnd(dir.path('x'), { side: 'source' })
  await expect(opening).rejects.toMatchObject({ name: 'EndError', side: 'source', op: 'open', errno })
  await expect(opening).rejects.toThrow(text)
})

test('opens no devices that are no disks, and makes nothing in a missing directory', async () => {
  await expect(fileEnd('/dev/null', { side: 'target' })).rejects.toMatchObject({
    op: 'open',
    errno: 'EINVAL',
  })
  await using dir = await scratch()
  const opening = fileEnd(dir.path('no/disk'), { side: 'target', create: { sizeBytes: 512 } })
  await expect(opening).rejects.toMatchObject({ op: 'open', errno: 'ENOENT' })
})

test.each([
  { name: 'negative', offset: -1, length: 10 },
  { name: 'behind the end', offset: sizeBytes - 10, length: 11 },
  { name: 'of no number', offset: NaN, length: 1 },
])('refuses ranges outside: $name', ({ offset, length }) =>
  withFile(async (end) => {
    const facts = { name: 'EndError', errno: 'EINVAL', retry: false }
    await expect(end.read(offset, length)).rejects.toMatchObject({ ...facts, op: 'read' })
    await expect(end.write(offset, Buffer.alloc(length))).rejects.toMatchObject({ ...facts, op: 'write' })
    await expect(end.zero(offset, length)).rejects.toMatchObject({ ...facts, op: 'zero' })
    await expect(end.status(offset, length)).rejects.toMatchObject({ ...facts, op: 'status' })
  }),
)

test('writes nothing to what was opened for reading', () =>
  withFile(
    async (end, path) => {
      await expect(end.write(0, Buffer.alloc(1))).rejects.toMatchObject({ errno: 'EPERM', op: 'write' })
      await expect(end.zero(0, 1)).rejects.toMatchObject({ errno: 'EPERM', op: 'zero' })
      expect((await readFile(path)).equals(content)).toBe(true)
    },
    content,
    true,
  ))

test('a file that was cut short is an error, not zeros', () =>
  withFile(async (end, path) => {
    await truncate(path, 3 * MiB + 5)
    const reading = end.read(3 * MiB, MiB)
    await expect(reading).rejects.toMatchObject({
      name: 'EndError',
      op: 'read',
      offset: 3 * MiB,
      errno: 'EIO',
    })
    await expect(reading).rejects.toThrow(`it ends at byte ${3 * MiB + 5}`)
  }))

test('an abort rejects with its reason', () =>
  withFile(async (end) => {
    const aborter = new AbortController()
    const reading = end.read(0, MiB, aborter.signal)
    aborter.abort(new Error('enough'))
    await expect(reading).rejects.toThrow('enough')
    await expect(end.write(0, Buffer.alloc(1), aborter.signal)).rejects.toThrow('enough')
    await expect(end.flush(aborter.signal)).rejects.toThrow('enough')
  }))

test('disposing closes the file with requests in flight, and refuses new ones', async () => {
  await using dir = await scratch()
  await writeFile(dir.path('disk'), content)
  const end = await fileEnd(dir.path('disk'), { side: 'source' })
  expect(await openPaths()).toContain(dir.path('disk'))
  const reading = Array.from({ length: 8 }, (_, index) => end.read(index * MiB, MiB))
  await end[Symbol.asyncDispose]()
  const ends = await Promise.allSettled(reading)
  expect(ends.filter(({ status }) => status === 'fulfilled').length).toBe(8)
  expect(await openPaths()).not.toContain(dir.path('disk'))
  await expect(end.read(0, 1)).rejects.toMatchObject({ name: 'EndError', op: 'read', errno: 'EBADF' })
})

const openPaths = async (): Promise<string[]> => {
  const paths = (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ''))
  return Promise.all(paths)
}

test('counts the bytes that moved', () =>
  withFile(async (end) => {
    await end.read(0, 1000)
    await end.write(0, Buffer.alloc(24))
    expect(end.bytesMoved()).toBe(1024)
  }))

test('a source is opened for reading only unless said otherwise', async () => {
  await using dir = await scratch()
  await (await open(dir.path('disk'), 'w', 0o400)).close()
  await using end = await fileEnd(dir.path('disk'), { side: 'source' })
  expect(end).toMatchObject({ readOnly: true, sizeBytes: 0 })
})
