import { setMaxListeners } from 'node:events'
import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readConfig } from '../dev/config.js'
import { benchSettings } from './bench-settings.js'
import { chooseScenes, type Scene } from './blocks/cases.js'
import { installPeer, vates } from './blocks/peer-package.js'
import { nameOf, type Bench, type Contender } from './blocks/contenders.js'
import { copyBase, runScene } from './blocks/run-scene.js'
import { setStage, stageAt } from './blocks/stage.js'
import { tableOf } from './blocks/table.js'
import { ratioLine, type Comparison, type Measured, type Usage } from './comparison.js'
import { describeMachine } from './machine.js'
import { writeReport } from './write-report.js'

/*
 * Our copier beside nbdcopy, qemu-img convert and another NBD client for Node: docs/benchmarks.md says how.
 *   npm run bench -- blocks [rounds=5] [directory=DIR] [cases=full-raw,full-qcow2,...]
 */
const say = (line: string): void => void process.stdout.write(`${line}\n`)
const root = fileURLToPath(new URL('..', import.meta.url))

/** Who cannot take part, and why. */
const findAbsent = async (scenes: readonly Scene[], bench: Bench): Promise<Map<string, string>> => {
  const absent = new Map<string, string>()
  if (scenes.some(({ peers }) => peers.includes('@vates/nbd-client'))) {
    const why = await installPeer(vates, bench.packages, bench.signal)
    if (why !== undefined) absent.set(vates.name, why)
  }
  return absent
}

const sayRound = (found: ReadonlyMap<Contender, readonly Usage[]>): void => {
  const rounds = Math.max(...[...found.values()].map(({ length }) => length))
  const times = [...found].map(([one, usages]) => `${nameOf(one)} ${usages.at(-1)!.seconds.toFixed(2)} s`)
  say(`  round ${rounds}: ${times.join(', ')}`)
}

const compare = (found: ReadonlyMap<Contender, readonly Usage[]>): Comparison[] => {
  const all = [...found]
  return all.flatMap(([ours, mine]) =>
    typeof ours === 'string'
      ? []
      : all.flatMap(([peer, others]) => {
          const rounds = mine.map(({ seconds }, i) => ({ ours: seconds, theirs: others[i]!.seconds }))
          return typeof peer === 'string' ? [{ name: ours.name, peer, rounds }] : []
        }),
  )
}

const main = async (bench: Bench): Promise<void> => {
  const machine = await describeMachine(['nbdcopy', 'nbdkit', 'qemu-nbd', 'qemu-img'])
  const absent = await findAbsent(scenes, bench)
  const notes = [...absent].map(([name, why]) => `${name} skipped: ${why}`)
  for (const note of notes) say(note)
  await setStage(bench.stage, scenes, (disk) => copyBase(bench, disk))
  const measured: Measured[] = []
  const comparisons: Comparison[] = []
  for (const scene of scenes) {
    const contenders = [...scene.cases, ...scene.peers].filter((one) => !absent.has(nameOf(one)))
    const name = scene.cases.map((one) => one.name).join(', ')
    say(`${name} (load ${loadavg()[0]!.toFixed(1)})`)
    const found = await runScene(bench, scene, contenders, rounds, sayRound)
    for (const [contender, usages] of found)
      measured.push(
        typeof contender === 'string'
          ? { name: scene.cases[0]!.name, contender, rounds: usages }
          : { name: contender.name, contender: 'ours', rounds: usages },
      )
    comparisons.push(...compare(found))
  }
  for (const line of tableOf(measured)) say(line)
  for (const comparison of comparisons) say(ratioLine(comparison))
  const results = fileURLToPath(new URL('results', import.meta.url))
  const report = { bench: 'blocks', machine, comparisons, measured, notes }
  say(`written: ${await writeReport(results, report)}`)
}

const { rounds, directory, cases } = benchSettings(process.argv.slice(2), {
  rounds: 5,
  directory: tmpdir(),
  cases: [],
})
const scenes = chooseScenes(cases)
const folder = await mkdtemp(join(directory, 'bench-'))
const stop = new AbortController()
// Each of 50 processes listens.
setMaxListeners(0, stop.signal)
// Ctrl-C must not leave gigabytes or servers behind: what runs is ended, then all unwinds. A second one waits no more.
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.on(name, () => {
    if (!stop.signal.aborted) return stop.abort()
    rmSync(folder, { recursive: true, force: true })
    process.exit(130)
  })
const packages = join(readConfig(root, process.env).cacheDir, 'peers')
try {
  await main({ stage: stageAt(folder), signal: stop.signal, packages })
} catch (error) {
  if (!stop.signal.aborted) throw error
  process.exitCode = 130
} finally {
  await rm(folder, { recursive: true, force: true })
}
