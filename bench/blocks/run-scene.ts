import { mkdir, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { run, type TestServer } from '../../activities/blocks/testing/servers.js'
import type { Usage } from '../comparison.js'
import { orderOf, type Scene } from './cases.js'
import { commandsOf, copyJob, ourCommand, type Bench, type Contender } from './contenders.js'
import type { Disk } from './disks.js'
import type { JobResult } from './job.js'
import { measureProcesses } from './measure.js'
import { cpuOf } from './process-usage.js'
import { openServers } from './scene-servers.js'
import type { Stage } from './stage.js'

/** All rounds of a scene, its contenders in turns; the first round's targets are compared with the source. */
export const runScene = async (
  bench: Bench,
  scene: Scene,
  contenders: readonly Contender[],
  rounds: number,
  afterRound: (found: ReadonlyMap<Contender, readonly Usage[]>) => void,
): Promise<ReadonlyMap<Contender, readonly Usage[]>> => {
  const found = new Map(contenders.map((contender): [Contender, Usage[]] => [contender, []]))
  for (let round = 0; round < rounds; round++) {
    for (const contender of orderOf(contenders, round))
      found.get(contender)!.push(await runOnce(bench, scene, contender, round === 0))
    afterRound(found)
  }
  return found
}

/** The base of the increments: a full copy of ours, for its digests; not timed. */
export const copyBase = async ({ stage, signal }: Bench, disk: Disk): Promise<void> => {
  const scene: Scene = { cases: [], disk, target: 'qcow2', copies: 1, tls: false, peers: [] }
  const folder = dirname(stage.baseDigests)
  await using servers = await openServers(stage, scene, { folder, targets: [stage.base] })
  const job = copyJob(stage, scene, servers.sockets, [folder], true)
  await measureProcesses([await ourCommand(folder, job)], signal)
}

const runOnce = async (
  bench: Bench,
  scene: Scene,
  contender: Contender,
  isChecked: boolean,
): Promise<Usage> => {
  const { stage, signal } = bench
  const folder = join(stage.folder, 'run')
  await mkdir(folder)
  try {
    const targets = await makeTargets(stage, scene, folder)
    const usage = await measure(bench, scene, contender, { folder, targets })
    // A fast copy that is not one counts for nothing.
    if (isChecked) await checkTargets(stage, scene, targets, signal)
    return usage
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const measure = async (
  bench: Bench,
  scene: Scene,
  contender: Contender,
  { folder, targets }: { readonly folder: string; readonly targets: readonly string[] },
): Promise<Usage> => {
  const { stage, signal } = bench
  const hasFilter = contender === 'nbdcopy' && scene.target === 'overlay'
  const place = { folder, targets, ...(hasFilter && { extentList: stage.extentList }) }
  await using servers = await openServers(stage, scene, place)
  const commands = await commandsOf(bench, scene, contender, { sockets: servers.sockets, folder })
  // No dirty pages of the run before, nor of the preparations, are written while this one is timed.
  await run('sync', ['-f', stage.folder])
  signal.throwIfAborted()
  const before = cpuOfAll(servers.all)
  const { outputs, ...outside } = await measureProcesses(commands.all, signal)
  const serverCpuSeconds = cpuOfAll(servers.all) - before
  const inside = commands.fromInside ? (JSON.parse(outputs[0] ?? '') as JobResult) : undefined
  const { spreadSeconds, ...usage } = inside ?? outside
  return {
    ...usage,
    serverCpuSeconds,
    ...(targets.length > 0 && { storedBytes: await bytesOnDisk(targets) }),
    ...(scene.copies > 1 && { spreadSeconds }),
  }
}

const makeTargets = async (
  { base }: Stage,
  { target, copies, disk }: Scene,
  folder: string,
): Promise<string[]> => {
  if (target === 'none') return []
  const backing = target === 'overlay' ? ['-b', base, '-F', 'qcow2'] : []
  const format = target === 'raw' ? 'raw' : 'qcow2'
  const paths = Array.from({ length: copies }, (_, i) => join(folder, `target-${i}`))
  for (const path of paths)
    await run('qemu-img', ['create', '-q', '-f', format, ...backing, path, String(disk.sizeBytes)])
  return paths
}

const checkTargets = async (
  stage: Stage,
  scene: Scene,
  targets: readonly string[],
  signal: AbortSignal,
): Promise<void> => {
  const format = scene.target === 'raw' ? 'raw' : 'qcow2'
  for (const target of targets) {
    signal.throwIfAborted()
    await run('qemu-img', ['compare', '-f', 'raw', '-F', format, stage.source(scene.disk), target])
  }
}

const cpuOfAll = (servers: readonly TestServer[]): number =>
  servers.reduce((sum, { pid }) => sum + cpuOf(pid).own, 0)

const bytesOnDisk = async (paths: readonly string[]): Promise<number> => {
  const all = await Promise.all(paths.map((path) => stat(path)))
  // st_blocks counts in 512 bytes whatever the file system's own block is.
  return all.reduce((sum, { blocks }) => sum + blocks * 512, 0)
}
