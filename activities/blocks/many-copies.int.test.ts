import { rm } from 'node:fs/promises'

import { copy } from './copy.js'
import { openDigestWriter } from './digest-writer.js'
import type { WritableEnd } from './end.js'
import { openNbd } from './nbd/nbd-end.js'
import { nbdkit, run, type TestServer } from './testing/servers.js'
import { scratch } from './testing/scratch.js'

jest.setTimeout(300_000)

const MiB = 2 ** 20
const count = 50
const sizeBytes = 16 * MiB

/** The n-th part of a disk as a disk of its own. */
const partOf = (end: WritableEnd, n: number, wrote: () => void = () => {}): WritableEnd => {
  const base = n * sizeBytes
  return {
    ...end,
    sizeBytes,
    read: (offset, length, signal) => end.read(base + offset, length, signal),
    readInto: (offset, into, signal) => end.readInto!(base + offset, into, signal),
    zero: (offset, length, signal) => end.zero(base + offset, length, signal),
    status: async (offset, length, signal) =>
      (await end.status(base + offset, length, signal)).map((one) => ({ ...one, offset: one.offset - base })),
    async write(offset, data, signal) {
      await end.write(base + offset, data, signal)
      wrote()
    },
  }
}

interface Told {
  readonly n: number
  readonly from: TestServer
  readonly to: TestServer
  readonly wrote?: () => void
  readonly signal?: AbortSignal
  readonly digestsPath: string
}

const copyPart = async ({ n, from, to, wrote, signal, digestsPath }: Told) => {
  await using source = await openNbd({ socketPath: from.socketPath }, { side: 'source' })
  await using target = await openNbd({ socketPath: to.socketPath }, { side: 'target' })
  await using digests = await openDigestWriter(digestsPath, { sizeBytes, kind: 'root' })
  await copy({
    source: partOf(source, n),
    target: partOf(target, n, wrote),
    extents: [{ offset: 0, length: sizeBytes }],
    sizeBytes,
    targetKnownZero: true,
    digests,
    stallMs: 60_000,
    ...(signal && { signal }),
  })
  await digests.finish()
}

test('50 copies at once: none starves, memory is that of one pool, and the end of one is prompt', async () => {
  await using dir = await scratch()
  await using from = await nbdkit(dir.path('s.sock'), ['pattern', `${count * sizeBytes}`])
  await using to = await nbdkit(dir.path('t.sock'), ['memory', `${count * sizeBytes}`])
  const quitter = 7
  const aborter = new AbortController()
  const begun = new Set<number>()
  const begunAtFirstEnd: number[] = []
  let [abortedAt, endedAt, written, most] = [0, 0, 0, 0]
  const before = process.memoryUsage.rss()
  const wrote = (n: number) => () => {
    begun.add(n)
    most = Math.max(most, process.memoryUsage.rss())
    if (++written < 100 || n !== quitter || abortedAt > 0) return
    abortedAt = performance.now()
    aborter.abort(new Error('enough'))
  }
  const one = async (n: number): Promise<void> => {
    const signal = n === quitter ? { signal: aborter.signal } : {}
    const copying = copyPart({ n, from, to, wrote: wrote(n), digestsPath: dir.path(`d${n}`), ...signal })
    if (n === quitter)
      await expect(copying)
        .rejects.toThrow('enough')
        .finally(() => (endedAt = performance.now()))
    else await copying.then(() => begunAtFirstEnd.push(begun.size))
  }
  await Promise.all(Array.from({ length: count }, (_, n) => one(n)))
  expect(begunAtFirstEnd[0]).toBe(count)
  // The copy's own second, and one for its ends to close.
  expect(endedAt - abortedAt).toBeLessThan(2000)
  // Without a pool each would hold 40 MiB.
  expect(most - before).toBeLessThan(350 * MiB)
  await rm(dir.path(`d${quitter}`))
  await copyPart({ n: quitter, from, to, digestsPath: dir.path('again') })
  await run('qemu-img', ['compare', '-f', 'raw', '-F', 'raw', from.uri(), to.uri()])
})
