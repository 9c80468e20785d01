import { open } from 'node:fs/promises'

import type { Extent } from './end.js'
import { grainBytes, totalBytes } from './extents.js'
import { startMover } from './testing/mover.js'
import type { MoverLine } from './testing/mover-job.js'
import { scratch } from './testing/scratch.js'
import { nbdkit, type TestServer } from './testing/servers.js'

jest.setTimeout(600_000)

const MiB = 2 ** 20
const GiB = 2 ** 30
const TiB = 2 ** 40
const mostMoreBytes = 128 * MiB

type Scratch = Awaited<ReturnType<typeof scratch>>

/** Copies into nothing in a process of its own; what it held at most, and what it held before it began. */
const peaksOf = async (dir: Scratch, from: TestServer, sizeBytes: number, extents?: readonly Extent[]) => {
  await using to = await nbdkit(dir.path('t.sock'), ['null', `${sizeBytes}`])
  await using mover = await startMover({
    sourceSocket: from.socketPath,
    targetSocket: to.socketPath,
    kind: 'root',
    targetKnownZero: true,
    checkpoint: { everyBytes: 64 * MiB, everyMs: 1000 },
    stallMs: 60_000,
    to: dir.path('attempt'),
    ...(extents && { extents }),
  })
  const heard: Partial<Record<MoverLine['line'], MoverLine>> = {}
  for await (const line of mover.lines) heard[line.line] = line
  await mover.exited()
  if (heard.loaded?.line !== 'loaded' || heard.done?.line !== 'done')
    throw new Error(`the mover failed: ${JSON.stringify(heard.failed)} ${mover.stderr()}`)
  const { result, peakBytes } = heard.done
  return { result, idleBytes: heard.loaded.peakBytes, peakBytes }
}

test('28,000 fragments cost no more memory than one', async () => {
  await using dir = await scratch()
  const extents = Array.from({ length: 28_000 }, (_, n) => ({
    offset: (n + 1) * 2 * MiB,
    length: grainBytes,
  }))
  await using from = await nbdkit(dir.path('s.sock'), ['pattern', '64G'])
  const { result, idleBytes, peakBytes } = await peaksOf(dir, from, 64 * GiB, extents)
  expect(result).toMatchObject({ bytesRead: totalBytes(extents), bytesStored: totalBytes(extents) })
  expect(peakBytes).toBeLessThanOrEqual(idleBytes + mostMoreBytes)
})

test('a sparse disk of 10 TiB costs no more memory than a small one', async () => {
  await using dir = await scratch()
  const sizeBytes = 10 * TiB
  const file = await open(dir.path('from'), 'w')
  await file.truncate(sizeBytes)
  for (let at = 0; at < sizeBytes; at += 40 * GiB)
    await file.write(Buffer.alloc(grainBytes, 7), 0, grainBytes, at)
  await file.close()
  await using from = await nbdkit(dir.path('s.sock'), ['--readonly', 'file', dir.path('from')])
  const { result, idleBytes, peakBytes } = await peaksOf(dir, from, sizeBytes)
  expect(result).toMatchObject({ bytesDone: sizeBytes, bytesStored: 256 * grainBytes })
  expect(peakBytes).toBeLessThanOrEqual(idleBytes + mostMoreBytes)
})
