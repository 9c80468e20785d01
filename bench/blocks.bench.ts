import { randomFillSync } from 'node:crypto'
import { rmSync } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { copy } from '../activities/blocks/copy.js'
import { openDigestWriter } from '../activities/blocks/digest-writer.js'
import type { Extent } from '../activities/blocks/end.js'
import { openNbd } from '../activities/blocks/nbd/nbd-end.js'
import { nbdkit, qemuNbd, run } from '../activities/blocks/testing/servers.js'
import { benchSettings } from './bench-settings.js'
import { ratioLine, type Comparison } from './comparison.js'
import { describeMachine } from './machine.js'
import { writeReport } from './write-report.js'

/*
 * Our copy, digests and checkpoints on, against `nbdcopy --flush` from the same nbdkit into the same kind of qemu-nbd,
 * in turns. Ours is timed inside this process from opening both ends to the sealed digest file; nbdcopy as a process,
 * as it is used.   npm run bench -- blocks [rounds=3] [directory=DIR]
 */
interface Case {
  readonly name: string
  readonly format: 'raw' | 'qcow2'
  readonly extents: readonly Extent[]
  readonly peerArgs: readonly string[]
  /** nbdcopy knows no list of extents: the filter makes everything else look like a hole, as others do it. */
  readonly peerFilter: boolean
}

const MiB = 2 ** 20
const sizeBytes = 4096 * MiB
const dataBytes = 1024 * MiB

const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** Data in every fourth 16 MiB: 64 areas of data between holes. */
const makeSource = async (path: string): Promise<void> => {
  await using file = await open(path, 'w')
  await file.truncate(sizeBytes)
  const block = Buffer.alloc(16 * MiB)
  for (let done = 0; done < dataBytes; done += block.length)
    await file.write(randomFillSync(block), 0, block.length, done * 4)
  await file.sync()
}

/** Changed areas of an increment: 64 KiB here and there, about 1 % of the disk. */
const fragments: readonly Extent[] = Array.from({ length: 640 }, (_, i) => ({
  offset: Math.floor(i / 10) * 64 * MiB + (i % 10) * 25 * 65_536,
  length: 65_536,
}))

const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

const ours = async (from: string, to: string, extents: readonly Extent[], folder: string): Promise<void> => {
  await using source = await openNbd({ socketPath: from }, { side: 'source' })
  await using target = await openNbd({ socketPath: to }, { side: 'target' })
  await using digests = await openDigestWriter(join(folder, 'digests'), { sizeBytes, kind: 'root' })
  const checkpoint = { path: join(folder, 'checkpoint'), everyBytes: 128 * MiB, everyMs: 5000 }
  const options = { source, target, extents, sizeBytes, targetKnownZero: true, digests, checkpoint }
  await copy({ ...options, stallMs: 120_000 })
  await digests.finish()
}

/** One copy of one of the two, from fresh servers into a fresh target. */
const once = async (one: Case, isOurs: boolean, folder: string): Promise<number> => {
  const at = (name: string): string => join(folder, name)
  const useFilter = !isOurs && one.peerFilter
  const filter = useFilter ? ['--filter=extentlist'] : []
  const list = useFilter ? [`extentlist=${at('extents')}`] : []
  await run('qemu-img', ['create', '-q', '-f', one.format, at('target'), String(sizeBytes)])
  await using from = await nbdkit(at('from'), ['--readonly', ...filter, 'file', at('source'), ...list])
  await using to = await qemuNbd(at('to'), at('target'), { format: one.format })
  const spent = await seconds(() =>
    isOurs
      ? ours(from.socketPath, to.socketPath, one.extents, folder)
      : run('nbdcopy', ['--flush', ...one.peerArgs, from.uri(), to.uri()]),
  )
  for (const name of ['target', 'from', 'to']) await rm(at(name), { force: true })
  return spent
}

const compare = async (one: Case, rounds: number, folder: string): Promise<Comparison> => {
  const times: { ours: number; theirs: number }[] = []
  for (let round = 0; round < rounds; round++) {
    const time = { ours: 0, theirs: 0 }
    // The order changes from round to round: a disk still busy with the first one's writes slows the second.
    for (const who of round % 2 === 0 ? (['ours', 'theirs'] as const) : (['theirs', 'ours'] as const))
      time[who] = await once(one, who === 'ours', folder)
    times.push(time)
    say(
      `  ${one.name} round ${round + 1}: ours ${time.ours.toFixed(2)} s, nbdcopy ${time.theirs.toFixed(2)} s`,
    )
  }
  return { name: one.name, peer: 'nbdcopy', rounds: times }
}

const whole = [{ offset: 0, length: sizeBytes }]
const isZero = '--destination-is-zero'
const cases: readonly Case[] = [
  { name: 'full-raw', format: 'raw', extents: whole, peerArgs: [isZero], peerFilter: false },
  { name: 'full-qcow2', format: 'qcow2', extents: whole, peerArgs: [isZero], peerFilter: false },
  {
    name: 'incremental-qcow2',
    format: 'qcow2',
    extents: fragments,
    peerArgs: [isZero, '--sparse=0'],
    peerFilter: true,
  },
]

const { rounds, directory } = benchSettings(process.argv.slice(2), { rounds: 3, directory: tmpdir() })
const machine = await describeMachine(['nbdcopy', 'nbdkit', 'qemu-nbd'])
const folder = await mkdtemp(join(directory, 'bench-'))
// Ctrl-C must not leave gigabytes behind; the servers get it too.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    rmSync(folder, { recursive: true, force: true })
    process.exit(130)
  })
try {
  await makeSource(join(folder, 'source'))
  await using list = await open(join(folder, 'extents'), 'w')
  await list.writeFile(fragments.map(({ offset, length }) => `${offset} ${length}\n`).join(''))
  const comparisons: Comparison[] = []
  for (const one of cases) comparisons.push(await compare(one, rounds, folder))
  for (const comparison of comparisons) say(ratioLine(comparison))
  const results = fileURLToPath(new URL('results', import.meta.url))
  say(`written: ${await writeReport(results, { bench: 'blocks', machine, comparisons })}`)
} finally {
  await rm(folder, { recursive: true, force: true })
}
