import { mkdtemp, open, rm } from 'node:fs/promises'
import { randomFillSync } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { copy } from '../activities/blocks/copy.js'
import { openDigestWriter } from '../activities/blocks/digest-writer.js'
import type { Extent } from '../activities/blocks/end.js'
import { openNbd } from '../activities/blocks/nbd/nbd-end.js'
import { nbdkit, qemuNbd, run } from '../activities/blocks/testing/servers.js'

/*
 * Our copy, digests and checkpoints on, against `nbdcopy --flush` from the same nbdkit into the same kind of qemu-nbd,
 * in turns. Prints `ratio <case> <peer> <median>`: ours divided by the peer's, below 1 is faster. Ours is timed inside
 * this process from opening both ends to the sealed digest file; nbdcopy as a process, as it is used.
 *   npx tsx bench/copy-vs-nbdcopy.ts [directory] [rounds]
 */
const [base = tmpdir(), rounds = '3'] = process.argv.slice(2)
const MiB = 2 ** 20
const sizeBytes = 4096 * MiB
const dataBytes = 1024 * MiB
const directory = await mkdtemp(join(base, 'bench-'))
const at = (name: string): string => join(directory, name)
const say = (line: string): void => void process.stdout.write(`${line}\n`)

const makeSource = async (): Promise<void> => {
  const file = await open(at('source'), 'w')
  await file.truncate(sizeBytes)
  const block = Buffer.alloc(16 * MiB)
  // Data in every fourth 16 MiB: 64 areas of data between holes.
  for (let done = 0; done < dataBytes; done += block.length)
    await file.write(randomFillSync(block), 0, block.length, done * 4)
  await file.sync()
  await file.close()
}

/** Changed areas of an increment: 64 KiB here and there, about 1 % of the disk. */
const fragments: Extent[] = Array.from({ length: 640 }, (_, i) => ({
  offset: Math.floor(i / 10) * 64 * MiB + (i % 10) * 25 * 65_536,
  length: 65_536,
}))

const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

const ours = async (
  from: string,
  to: string,
  extents: readonly Extent[],
  targetKnownZero: boolean,
): Promise<void> => {
  await using source = await openNbd({ socketPath: from }, { side: 'source' })
  await using target = await openNbd({ socketPath: to }, { side: 'target' })
  await using digests = await openDigestWriter(at('digests'), { sizeBytes, kind: 'root' })
  const checkpoint = { path: at('checkpoint'), everyBytes: 128 * MiB, everyMs: 5000 }
  await copy({ source, target, extents, sizeBytes, targetKnownZero, digests, checkpoint, stallMs: 120_000 })
  await digests.finish()
}

const median = (numbers: number[]): number => numbers.sort((a, b) => a - b)[numbers.length >> 1]!

const compare = async (
  name: string,
  format: string,
  extents: readonly Extent[],
  peerArgs: string[],
): Promise<void> => {
  const ratios: number[] = []
  for (let round = 0; round < Number(rounds); round++) {
    const times: number[] = []
    // The order changes from round to round: a disk still busy with the first one's writes slows the second.
    for (const who of round % 2 === 0 ? ['ours', 'nbdcopy'] : ['nbdcopy', 'ours']) {
      await run('qemu-img', ['create', '-q', '-f', format, at('target'), String(sizeBytes)])
      const filter = who === 'nbdcopy' && peerArgs.includes('extents') ? extentFilter() : []
      await using from = await nbdkit(at(`${name}-${round}-${who}.f`), [
        '--readonly',
        ...filter.slice(0, 1),
        'file',
        at('source'),
        ...filter.slice(1),
      ])
      await using to = await qemuNbd(at(`${name}-${round}-${who}.t`), at('target'), { format })
      const theirs = ['--flush', ...peerArgs.filter((one) => one.startsWith('--')), from.uri(), to.uri()]
      const isOurs = who === 'ours'
      const spent = await seconds(() =>
        isOurs ? ours(from.socketPath, to.socketPath, extents, true) : run('nbdcopy', theirs),
      )
      times[isOurs ? 0 : 1] = spent
    }
    ratios.push(times[0]! / times[1]!)
    say(`  ${name} round ${round + 1}: ours ${times[0]!.toFixed(2)} s, nbdcopy ${times[1]!.toFixed(2)} s`)
  }
  say(`ratio ${name} nbdcopy ${median(ratios).toFixed(2)}`)
}

const extentFilter = (): string[] => ['--filter=extentlist', `extentlist=${at('extents')}`]

try {
  await makeSource()
  const list = await open(at('extents'), 'w')
  await list.writeFile(fragments.map(({ offset, length }) => `${offset} ${length}\n`).join(''))
  await list.close()
  const whole = [{ offset: 0, length: sizeBytes }]
  await compare('full-raw', 'raw', whole, ['--destination-is-zero'])
  await compare('full-qcow2', 'qcow2', whole, ['--destination-is-zero'])
  // nbdcopy knows no list of extents: the filter makes everything else look like a hole, as others do it.
  await compare('incremental-qcow2', 'qcow2', fragments, ['extents', '--destination-is-zero', '--sparse=0'])
} finally {
  await rm(directory, { recursive: true, force: true })
}
