import { fileURLToPath } from 'node:url'
import { addLab, addRepository, protect, startProduct } from '../dev/testing/product.js'
import { benchSettings } from './bench-settings.js'
import { change, fill, grain, measuredRun } from '../dev/testing/changed-disk.js'
import type { ChangedDisk, MeasuredRun } from '../dev/testing/changed-disk.js'
import { ratioLine } from './comparison.js'
import { describeMachine } from './machine.js'
import { writeReport } from './write-report.js'

/*
 * The whole product, from the request to the end of the job: an increment after 1 % of a 4 GiB disk (1 GiB of it data)
 * was rewritten, 64 KiB here and there, beside a full backup of the same disk, in turns.
 *   npm run bench -- increment [rounds=3]
 */
const MiB = 2 ** 20
const sizeBytes = 4096 * MiB
const dataBytes = 1024 * MiB
const grains = Math.round(sizeBytes / 100 / grain)

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const inMiB = (bytes: number): string => `${(bytes / MiB).toFixed(1)} MiB`

const tell = (what: string, { seconds, bytesServed, bytesOnDisk }: MeasuredRun): void =>
  say(
    `${what}: ${seconds.toFixed(1)} s, read ${inMiB(bytesServed)}, stored ${inMiB(bytesOnDisk)} with digests`,
  )

const main = async (): Promise<void> => {
  const { rounds } = benchSettings(process.argv.slice(2), { rounds: 3, directory: '' })
  const machine = await describeMachine(['qemu-img', 'nbdkit'])
  await using product = await startProduct({ SENDENSE_LAB_SCENARIO: 'chaos' })
  // Ctrl-C must not leave a product running.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(
      signal,
      () => void Promise.resolve(product[Symbol.asyncDispose]()).finally(() => process.exit(130)),
    )
  const vm = 'chaos-2'
  const key = await product.lab.addDisk(vm, sizeBytes)
  const context = await protect(product, await addLab(product), vm)
  const repository = await addRepository(product, 'bench')
  const disk: ChangedDisk = { product, vm, key, context, repository }
  await fill(disk, dataBytes)
  const times: { ours: number; theirs: number }[] = []
  for (let round = 0; round < rounds; round++) {
    const full = await measuredRun(disk, 'full')
    tell('full', full)
    const changed = await change(disk, sizeBytes, grains)
    const increment = await measuredRun(disk, 'incremental')
    tell(`increment after ${inMiB(changed)} were rewritten`, increment)
    times.push({ ours: increment.seconds, theirs: full.seconds })
  }
  const comparison = { name: 'increment-1-percent', peer: 'full', rounds: times }
  say(ratioLine(comparison))
  const folder = fileURLToPath(new URL('results', import.meta.url))
  say(`kept in ${await writeReport(folder, { bench: 'increment', machine, comparisons: [comparison] })}`)
}

await main()
