import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

import { readCheckpoint } from '../checkpoint.js'
import { noise, scratch } from '../testing/scratch.js'
import { nbdkit, qemuNbd, run, type TestServer } from '../testing/servers.js'
import { runBlocks, runHere, startBlocks, type Ended } from './testing/run-blocks.js'

jest.setTimeout(120_000)

const MiB = 2 ** 20
const content = Buffer.concat([noise(40 * MiB, 1), Buffer.alloc(8 * MiB), noise(16 * MiB, 2), noise(512, 3)])
const sizeBytes = content.length
const smallContent = noise(12 * MiB, 4)

type Scratch = Awaited<ReturnType<typeof scratch>>

/** A source of which a read takes two seconds, or none: at the same address each time. */
const openSource = async (dir: Scratch, isSlow: boolean): Promise<TestServer> => {
  await rm(dir.path('f.sock'), { force: true })
  const delay = isSlow
    ? ['--filter=delay', 'file', dir.path('from'), 'delay-read=2']
    : ['file', dir.path('from')]
  return nbdkit(dir.path('f.sock'), ['--readonly', '--filter=noextents', ...delay])
}

const openTarget = async (dir: Scratch): Promise<TestServer> => {
  await rm(dir.path('t.sock'), { force: true })
  return qemuNbd(dir.path('t.sock'), dir.path('to'))
}

/** Resolves with the cursor once something is durable. */
const somethingDurable = async (path: string, ended: Promise<Ended>): Promise<number> => {
  let early: Ended | undefined
  void ended.then((end) => (early = end))
  for (;;) {
    const cursor = (await readCheckpoint(path))?.cursor ?? 0
    if (cursor > 0) return cursor
    if (early !== undefined) throw new Error(`the copy ended before it was durable: ${early.stderr}`)
    await sleep(20)
  }
}

const make = async (dir: Scratch): Promise<void> => {
  await writeFile(dir.path('from'), content)
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', dir.path('to'), `${sizeBytes}`])
}

const wordsFor = (dir: Scratch): string[] => [
  'copy',
  `nbd+unix:///?socket=${dir.path('f.sock')}`,
  `nbd+unix:///?socket=${dir.path('t.sock')}`,
  ...['--fresh', '--digests', dir.path('d'), '--checkpoint', dir.path('c'), '--json'],
]

/** The last attempt: undisturbed, at full speed, and judged by others' tools. */
const goOn = async (dir: Scratch): Promise<void> => {
  const before = (await readCheckpoint(dir.path('c')))!
  {
    await using _from = await openSource(dir, false)
    await using to = await openTarget(dir)
    const copied = await runBlocks(...wordsFor(dir))
    expect(copied).toMatchObject({ status: 0 })
    expect(copied.stderr).toContain(`Going on from byte ${before.cursor}.`)
    const result = JSON.parse(copied.stdout) as { bytesRead: number; resumedAt: number }
    expect(result.resumedAt).toBe(before.cursor)
    expect(result.bytesRead - before.counts.bytesRead).toBe(sizeBytes - before.cursor)
    expect((await runBlocks('verify', to.uri(), dir.path('d'))).status).toBe(0)
    expect((await runBlocks('compare', to.uri(), dir.path('from'))).status).toBe(0)
  }
  await run('qemu-img', ['compare', '-f', 'raw', '-F', 'qcow2', dir.path('from'), dir.path('to')])
  expect((await readdir(dir.path(''))).filter((name) => !name.endsWith('.sock')).sort()).toEqual([
    'd',
    'from',
    'to',
  ])
}

test('a copy that was killed goes on with the same command, and ends identical', async () => {
  await using dir = await scratch()
  await make(dir)
  {
    // New servers afterwards: what only these knew is lost with them (and nbdkit 1.32 dies of a killed client).
    await using _from = await openSource(dir, true)
    await using to = await openTarget(dir)
    const first = startBlocks(...wordsFor(dir))
    await somethingDurable(dir.path('c'), first.ended)
    first.child.kill('SIGKILL')
    to.signal('SIGKILL')
    expect(await first.ended).toMatchObject({ signal: 'SIGKILL', stdout: '' })
  }
  await goOn(dir)
})

test('Ctrl-C ends a copy at once, keeps what is durable and says how to go on', async () => {
  await using dir = await scratch()
  await make(dir)
  {
    await using _from = await openSource(dir, true)
    await using _to = await openTarget(dir)
    const first = startBlocks(...wordsFor(dir))
    await somethingDurable(dir.path('c'), first.ended)
    const interruptedAt = performance.now()
    first.child.kill('SIGINT')
    const { status, stdout, stderr } = await first.ended
    // The copy itself promises a second; reads that are out take two, the rest of the copy more.
    expect(performance.now() - interruptedAt).toBeLessThan(10_000)
    expect({ status, stdout }).toEqual({ status: 130, stdout: '' })
    const { cursor } = (await readCheckpoint(dir.path('c')))!
    expect(stderr).toContain('Cancelled.\n')
    expect(stderr).toContain(`durable up to byte ${cursor}. The same command goes on there`)
    expect(stderr).not.toMatch(/\n\s+at /)
  }
  await goOn(dir)
})

describe('a checkpoint of something else is refused, and nothing is written', () => {
  interface Interrupted extends AsyncDisposable {
    readonly dir: Scratch
    readonly words: readonly string[]
  }

  const interruptedCopy = async (): Promise<Interrupted> => {
    const dir = await scratch()
    await writeFile(dir.path('from'), smallContent)
    const words = ['copy', dir.path('from'), dir.path('to'), '--checkpoint', dir.path('c')]
    const stopping = new AbortController()
    const first = runHere([...words, '--rate', '2'], stopping.signal)
    await somethingDurable(dir.path('c'), first)
    stopping.abort()
    expect(await first).toMatchObject({ status: 2, stdout: '' })
    return { dir, words, [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose]() }
  }

  const wrong = [
    {
      name: 'the source was written to',
      tamper: (dir: Scratch) => writeFile(dir.path('from'), noise(smallContent.length, 9)),
      says: 'is of another copy, or the source has changed since.',
    },
    {
      name: 'the target is gone',
      tamper: (dir: Scratch) => rm(dir.path('to')),
      says: 'The target is gone; to begin anew, remove',
    },
    {
      name: 'the target is another file',
      tamper: async (dir: Scratch) => {
        await writeFile(dir.path('other'), smallContent)
        await rename(dir.path('other'), dir.path('to'))
      },
      says: 'is of another copy',
    },
    {
      name: 'the checkpoint is damaged',
      tamper: (dir: Scratch) => writeFile(dir.path('c'), '{"version":1,"cursor":65536}'),
      says: 'Checkpoint is not usable (damaged)',
    },
  ]

  // Each waits two seconds for its checkpoint: together.
  let copies: Interrupted[] = []
  beforeAll(async () => {
    copies = await Promise.all([...wrong, 'unchanged'].map(interruptedCopy))
  })
  afterAll(() => Promise.all(copies.map((copy) => copy[Symbol.asyncDispose]())))

  const contentOf = (dir: Scratch) => readFile(dir.path('to')).catch(() => undefined)

  test('goes on where nothing has changed', async () => {
    const { dir, words } = copies.at(-1)!
    expect((await contentOf(dir))?.equals(smallContent)).toBe(false)
    const { status, stderr } = await runBlocks(...words)
    expect({ status, stderr }).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('Going on from byte') as string,
    })
    expect((await contentOf(dir))?.equals(smallContent)).toBe(true)
  })

  test.each(wrong.map((one, index) => ({ ...one, index })))('$name', async ({ tamper, says, index }) => {
    const { dir, words } = copies[index]!
    await tamper(dir)
    const before = await contentOf(dir)
    const { status, stdout, stderr } = await runBlocks(...words)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain(says)
    expect(stderr).not.toContain('goes on there')
    const after = await contentOf(dir)
    expect(after === undefined ? before === undefined : before?.equals(after)).toBe(true)
  })
})

test('a copy that fails says what is durable', async () => {
  await using dir = await scratch()
  await make(dir)
  const broken = ['--filter=error', 'file', dir.path('from'), 'error-pread=EIO', 'error-pread-rate=100%']
  await using _from = await nbdkit(dir.path('f.sock'), ['--readonly', ...broken])
  await using _to = await openTarget(dir)
  const { status, stdout, stderr } = await runBlocks(...wordsFor(dir))
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toMatch(/^Source nbd .*: read of \d+ bytes at \d+ failed with EIO/m)
  expect(stderr).toContain('nothing was durable yet, and the same command begins anew.')
})
