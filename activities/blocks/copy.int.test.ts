import { stat, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

import { readCheckpoint } from './checkpoint.js'
import { compareEnds } from './compare-ends.js'
import { copy, type CopyOptions } from './copy.js'
import type { CopyResult } from './copy-meter.js'
import { openDigests } from './digest-reader.js'
import { openDigestWriter } from './digest-writer.js'
import type { Extent } from './end.js'
import { grainBytes } from './extents.js'
import { openNbd } from './nbd/nbd-end.js'
import { memoryEnd } from './memory-end.js'
import { endOf, startMover } from './testing/mover.js'
import { nbdkit, qemuNbd, run, type TestServer } from './testing/servers.js'
import { noise, scratch } from './testing/scratch.js'
import { verify } from './verify.js'

jest.setTimeout(30_000)

const MiB = 2 ** 20
const stallMs = 10_000
// Data, holes, zeros inside data, and a last grain of 512 bytes.
const content = Buffer.concat([
  noise(20 * MiB, 1),
  Buffer.alloc(10 * MiB),
  noise(10 * MiB, 2),
  Buffer.alloc(512, 7),
])
content.fill(0, 3 * MiB + 4096, 4 * MiB)
const sizeBytes = content.length
const whole: Extent[] = [{ offset: 0, length: sizeBytes }]

const open = async (server: TestServer, side: 'source' | 'target') =>
  openNbd({ socketPath: server.socketPath }, { side })

const runCopy = async (
  path: string,
  options: Omit<CopyOptions, 'digests' | 'stallMs' | 'sizeBytes'>,
  kind: 'root' | 'overlay' = 'root',
) => {
  await using digests = await openDigestWriter(path, { sizeBytes, kind })
  const result = await copy({ ...options, sizeBytes, digests, stallMs })
  await digests.finish()
  return result
}

describe.each(['raw', 'qcow2'])('into qemu-nbd %s', (format) => {
  test.each([
    { name: 'a file', args: [] },
    { name: 'a file without extents', args: ['--filter=noextents'] },
    { name: 'a file without structured replies', args: ['--no-sr'] },
    { name: 'one connection', args: ['--filter=multi-conn'], parameters: ['multi-conn-mode=disable'] },
    {
      name: 'a server that wants small requests',
      args: ['--filter=blocksize-policy'],
      parameters: ['blocksize-maximum=128K', 'blocksize-minimum=512', 'blocksize-error-policy=error'],
    },
  ])('copies $name, as qemu-img sees it', async ({ args, parameters = [] }) => {
    await using dir = await scratch()
    await writeFile(dir.path('from'), content)
    await run('fallocate', ['--dig-holes', dir.path('from')])
    await run('qemu-img', ['create', '-q', '-f', format, dir.path('to'), `${sizeBytes}`])
    await using from = await nbdkit(dir.path('f.sock'), [
      ...args,
      '--readonly',
      'file',
      dir.path('from'),
      ...parameters,
    ])
    {
      await using to = await qemuNbd(dir.path('t.sock'), dir.path('to'), { format })
      await using source = await open(from, 'source')
      await using target = await open(to, 'target')
      const result = await runCopy(dir.path('d'), { source, target, extents: whole, targetKnownZero: true })
      expect(result).toMatchObject({ bytesTotal: sizeBytes, bytesDone: sizeBytes, cursor: sizeBytes })
      expect(result.bytesStored).toBeLessThan(31 * MiB)
      await using digests = await openDigests(dir.path('d'))
      expect(await verify({ end: target, digests })).toMatchObject({
        mismatches: [],
        bytesChecked: sizeBytes,
      })
      expect(await compareEnds(source, target)).toEqual([])
    }
    await run('qemu-img', ['compare', '-f', 'raw', '-F', format, dir.path('from'), dir.path('to')])
  })
})

test('an overlay takes changed areas only, zeros included, and its chain verifies', async () => {
  await using dir = await scratch()
  const before = noise(sizeBytes, 77)
  await writeFile(dir.path('before'), before)
  await run('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', dir.path('before'), dir.path('base.qcow2')])
  await run('qemu-img', [
    'create',
    '-q',
    '-f',
    'qcow2',
    '-b',
    'base.qcow2',
    '-F',
    'qcow2',
    dir.path('over.qcow2'),
  ])
  const extents = [
    { offset: 2 * MiB + 100, length: 3 * MiB },
    { offset: 25 * MiB, length: MiB },
    { offset: sizeBytes - 100, length: 100 },
  ]
  const expected = Buffer.from(before)
  for (const { offset, length } of [{ offset: 2 * MiB, length: 3 * MiB + grainBytes }, ...extents.slice(1)]) {
    const [start, end] = [offset - (offset % grainBytes), Math.min(offset + length, sizeBytes)]
    content.copy(expected, start, start, end)
  }
  await writeFile(dir.path('expected'), expected)
  const rootDigests = async (): Promise<void> => {
    await runCopy(dir.path('root.d'), {
      source: memoryEnd(before),
      target: memoryEnd(sizeBytes),
      extents: whole,
      targetKnownZero: true,
    })
  }
  await rootDigests()
  {
    await using to = await qemuNbd(dir.path('t.sock'), dir.path('over.qcow2'))
    await using target = await open(to, 'target')
    const result = await runCopy(
      dir.path('over.d'),
      { source: memoryEnd(content), target, extents, targetKnownZero: false },
      'overlay',
    )
    expect(result.bytesTotal).toBe(4 * MiB + grainBytes + 512)
    await using top = await openDigests(dir.path('over.d'))
    await using root = await openDigests(dir.path('root.d'))
    expect(await verify({ end: target, digests: [top, root] })).toMatchObject({ mismatches: [] })
    expect((await verify({ end: target, digests: [root] })).mismatchedBytes).toBeGreaterThan(MiB)
  }
  await run('qemu-img', ['compare', '-f', 'raw', '-F', 'qcow2', dir.path('expected'), dir.path('over.qcow2')])
  await run('qemu-img', ['check', '-q', dir.path('over.qcow2')])
  expect((await stat(dir.path('over.qcow2'))).size).toBeLessThan(6 * MiB)
})

test('a target without room ends the copy with ENOSPC, named as the target’s', async () => {
  await using dir = await scratch()
  await run('qemu-img', ['create', '-q', '-f', 'raw', dir.path('from'), `${sizeBytes}`])
  const limited = ['--filter=error', 'memory', `${sizeBytes}`, 'error-pwrite=ENOSPC', 'error-pwrite-rate=50%']
  await using to = await nbdkit(dir.path('t.sock'), limited)
  await using target = await open(to, 'target')
  const copying = runCopy(dir.path('d'), {
    source: memoryEnd(content),
    target,
    extents: whole,
    targetKnownZero: true,
  })
  await expect(copying).rejects.toMatchObject({ side: 'target', op: 'write', errno: 'ENOSPC', retry: false })
})

test.each(['source', 'target'] as const)('a %s killed mid-copy ends the copy promptly', async (side) => {
  await using dir = await scratch()
  const slow = ['--filter=delay', 'memory', '64M', 'delay-read=20ms', 'delay-write=20ms']
  await using from = await nbdkit(dir.path('f.sock'), ['--filter=noextents', ...slow])
  await using to = await nbdkit(dir.path('t.sock'), slow)
  await using source = await open(from, 'source')
  await using target = await open(to, 'target')
  const victim = side === 'source' ? from : to
  let killedAt = 0
  await using digests = await openDigestWriter(dir.path('d'), { sizeBytes: 64 * MiB, kind: 'root' })
  const copying = copy({
    source,
    target: { ...target, zero: (offset, length) => target.write(offset, Buffer.alloc(length)) },
    extents: [{ offset: 0, length: 64 * MiB }],
    sizeBytes: 64 * MiB,
    targetKnownZero: false,
    digests,
    stallMs,
    onProgress: () => {
      if (killedAt > 0) return
      killedAt = performance.now()
      victim.signal('SIGKILL')
    },
  })
  await expect(copying).rejects.toMatchObject({ name: 'EndError', side, retry: true })
  expect(performance.now() - killedAt).toBeLessThan(2000)
})

test.each(['source', 'target'] as const)(
  'a stopped %s is found stalled, and an abort ends the copy within a second',
  async (side) => {
    await stoppedServer(side, async (attempt) => {
      await expect(attempt(300, new AbortController().signal)).rejects.toMatchObject({ op: 'stall', side })
    })
    // New servers: nbdkit 1.32 may die of a client that left it with requests in flight.
    await stoppedServer(side, async (attempt) => {
      const aborter = new AbortController()
      const outcome = expect(attempt(stallMs, aborter.signal)).rejects.toThrow('enough')
      await sleep(300)
      const abortedAt = performance.now()
      aborter.abort(new Error('enough'))
      await outcome
      // The copy's own second, and one for closing both ends of a server that does not answer.
      expect(performance.now() - abortedAt).toBeLessThan(2000)
    })
  },
)

type Attempt = (stall: number, signal: AbortSignal) => Promise<unknown>

/** Gives `use` a copy between two servers of which one is stopped once both ends are open. */
const stoppedServer = async (
  side: 'source' | 'target',
  use: (attempt: Attempt) => Promise<void>,
): Promise<void> => {
  await using dir = await scratch()
  await using from = await nbdkit(dir.path('f.sock'), [
    '--filter=noextents',
    '--filter=delay',
    'memory',
    '64M',
    'delay-read=10ms',
  ])
  await using to = await nbdkit(dir.path('t.sock'), ['memory', '64M'])
  await using digests = await openDigestWriter(dir.path('d'), { sizeBytes: 64 * MiB, kind: 'root' })
  const victim = side === 'source' ? from : to
  const attempt = async (stall: number, signal: AbortSignal): Promise<unknown> => {
    await using source = await open(from, 'source')
    await using target = await open(to, 'target')
    victim.signal('SIGSTOP')
    return await copy({
      source,
      target,
      extents: [{ offset: 0, length: 64 * MiB }],
      sizeBytes: 64 * MiB,
      targetKnownZero: false,
      digests,
      stallMs: stall,
      signal,
    })
  }
  await use(attempt)
  victim.signal('SIGCONT')
}

test('a mover killed at random moments goes on from its last durable block, and ends identical', async () => {
  await using dir = await scratch()
  await writeFile(dir.path('from'), content)
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', dir.path('to'), `${sizeBytes}`])
  let base: string | undefined
  let cursors: number[] = []
  let readBefore = 0
  let result: CopyResult | undefined
  for (let attempt = 1; result === undefined; attempt++) {
    // New servers each time: what only the dead ones knew is lost with them (and nbdkit 1.32 dies of a killed client).
    const slow = ['--filter=delay', 'file', dir.path('from'), 'delay-read=60ms']
    await using from = await nbdkit(dir.path(`f${attempt}.sock`), ['--readonly', ...slow])
    await using to = await qemuNbd(dir.path(`t${attempt}.sock`), dir.path('to'))
    const next = dir.path(`attempt-${attempt}`)
    await using mover = await startMover({
      sourceSocket: from.socketPath,
      targetSocket: to.socketPath,
      kind: 'root',
      targetKnownZero: true,
      checkpoint: { everyBytes: 4 * MiB, everyMs: 200 },
      stallMs: 20_000,
      to: next,
      from: base,
    })
    let isOver = false
    const ended = endOf(mover).finally(() => (isOver = true))
    if (attempt <= 3) {
      const goal = (cursors.at(-1) ?? 0) + 1
      while (((await readCheckpoint(`${next}.checkpoint`))?.cursor ?? 0) < goal && !isOver) await sleep(5)
      mover.signal('SIGKILL')
      to.signal('SIGKILL')
    }
    result = await ended
    const reached = await readCheckpoint(`${next}.checkpoint`)
    if (result === undefined) readBefore = reached?.counts.bytesRead ?? 0
    cursors = [...cursors, reached?.cursor ?? 0]
    base = next
    if (result === undefined && attempt > 3) throw new Error(`the last mover failed: ${mover.stderr()}`)
  }
  expect(cursors.length).toBe(4)
  expect(cursors).toEqual([...cursors].sort((a, b) => a - b))
  expect(cursors[2]).toBeGreaterThan(4 * MiB)
  expect(result.bytesRead - readBefore).toBeLessThanOrEqual(sizeBytes - cursors[2]!)
  expect(result.bytesDone).toBe(sizeBytes)
  await run('qemu-img', ['compare', '-f', 'raw', '-F', 'qcow2', dir.path('from'), dir.path('to')])
  await run('qemu-img', ['check', '-q', dir.path('to')], [0, 3])
  await using digests = await openDigests(`${base}.digests`)
  expect(await verify({ end: memoryEnd(content), digests })).toMatchObject({ mismatches: [] })
}, 60_000)
