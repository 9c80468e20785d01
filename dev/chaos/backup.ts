import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BackupDetails } from '../../api/contract/backups.js'
import { holdMoment, servedBytes, type HeldMoment, type Place } from './hold-moment.js'
import { leftovers } from './leftovers.js'
import { planOf, wordsOf, type Plan } from './moments.js'
import { compareImages, deletePoint, verifyPoint } from './points.js'
import { seeded, type Random } from './random.js'
import { mismatchOf } from './read-back.js'
import { clearPoints, ended, freshRepository, openScene, start, type Scene } from './scene.js'
import { strike } from './strike.js'

const MiB = 2 ** 20
const grain = 64 * 1024
/** How long Temporal, MariaDB and the vCenter stay away. */
const awayMs = 20_000
// A step whose worker died is noticed after 30 s, and tried again a little later each time.
const jobMs = 240_000
// A sweep begins every 15 s, and waits 30 s for a queue that nobody serves yet.
const sweepMs = 120_000

/** A product under protection, and what an undisturbed backup of it is like. */
export interface Survivor extends AsyncDisposable {
  /** A backup's steps, in their order. */
  readonly steps: readonly string[]
  /** One case; throws when anything of it is not as it must be. The seed decides what the plan leaves open. */
  run(plan: Plan, seed: number): Promise<CaseResult>
}

export interface CaseResult {
  readonly seconds: number
  /** What was done to whom. */
  readonly struck: string
  /** Bytes that the lab served beyond what one undisturbed run reads. */
  readonly again: number
  /** True where the job ended with its cleanup left to the sweeper. */
  readonly wasSwept: boolean
}

/** So many cases from a seed; case n has the seed + n - 1, and is the same case on its own. */
export const runCases = async (
  cases: number,
  seed: number,
  say: (line: string) => void,
): Promise<CaseResult[]> => {
  await using survivor = await openSurvivor()
  say(`a backup's steps: ${survivor.steps.join(', ')}`)
  const results: CaseResult[] = []
  for (let index = 0; index < cases; index++) {
    const own = seed + index
    const plan = planOf(own, survivor.steps)
    const title = `case ${index + 1} of ${cases}: seed ${own}, ${plan.backup}, ${plan.victim} ${wordsOf(plan.moment)}`
    const result = await survivor.run(plan, own).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error)
      throw new Error(`${title}: ${why}\nRepeat it: npm run test:chaos -- backup 1 ${own}`, { cause: error })
    })
    results.push(result)
    say(`${title}: ${wordsOfResult(result)}`)
  }
  const most = Math.max(0, ...results.map(({ again }) => again))
  say(`${results.length} of ${cases} cases passed; at most ${(most / MiB).toFixed(1)} MiB were copied again`)
  return results
}

export const wordsOfResult = ({ struck, seconds, again, wasSwept }: CaseResult): string =>
  `${struck}; ${seconds.toFixed(1)} s, ${(again / MiB).toFixed(1)} MiB again${wasSwept ? ', swept' : ''}`

/** Starts the product and has one backup that nobody disturbs. */
export const openSurvivor = async (): Promise<Survivor> => {
  const scene = await openScene()
  try {
    const calm = await calmRun(scene)
    return {
      steps: calm.steps,
      run: (plan, seed) =>
        runCase(scene, calm.rate, plan, seed).catch(async (error: unknown) => {
          const why = error instanceof Error ? error.message : String(error)
          throw new Error(`${why}\n${await logsOf(scene)}`, { cause: error })
        }),
      [Symbol.asyncDispose]: () => scene.product[Symbol.asyncDispose](),
    }
  } catch (error) {
    await scene.product[Symbol.asyncDispose]()
    throw error
  }
}

const calmRun = async (scene: Scene): Promise<{ steps: string[]; rate: number }> => {
  const before = await servedBytes(scene.product)
  const backup = await ended(scene, await start(scene, 'full'), jobMs)
  if (backup.status !== 'completed') throw new Error(`the undisturbed backup ${backup.status}`)
  const served = (await servedBytes(scene.product)) - before
  const again = served - plannedBytes(backup)
  // Else what is counted below would not be what was copied again.
  if (again !== 0) throw new Error(`an undisturbed backup was served ${again} bytes more than it was to read`)
  scene.points.push(backup)
  const own = backup.steps.filter(({ step_id }) => step_id.startsWith('backup-vm/'))
  const copies = own.filter(({ name }) => name === 'copyDisk')
  const begun = Math.min(...copies.map(({ started_at }) => Date.parse(started_at)))
  const over = Math.max(...copies.map(({ ended_at }) => Date.parse(ended_at ?? '')))
  return {
    steps: [...new Set(own.map(({ name }) => name))],
    rate: (served * 1000) / Math.max(1, over - begun),
  }
}

const plannedBytes = ({ disks }: BackupDetails): number =>
  disks.reduce((sum, { bytes_total }) => sum + bytes_total, 0)

const runCase = async (scene: Scene, rate: number, plan: Plan, seed: number): Promise<CaseResult> => {
  const begun = performance.now()
  const random = seeded(`backup ${seed}`)
  await prepare(scene, plan, random, seed)
  const place = await writeSome(scene, plan, random)
  const { product } = scene
  const held = await holdMoment(product, plan.moment, place)
  const served = await countServed(scene)
  const id = await start(scene, plan.backup === 'full' ? 'full' : 'auto')
  const struck = await strikeAt(scene, plan, random, held, served)
  const backup = await ended(scene, id, jobMs)
  await held.clear()
  checkEnd(backup, plan)
  const again = (await served.now()) - plannedBytes(backup)
  const allowed = Math.max(256 * MiB, 10 * rate)
  if (again > allowed) throw new Error(`${again} bytes were copied again; allowed are ${allowed}`)
  await checkPoint(scene, backup, random)
  await keepOrDelete(scene, backup, random)
  return {
    seconds: (performance.now() - begun) / 1000,
    struck,
    again,
    wasSwept: backup.cleanup === 'pending',
  }
}

/** What must be there before: an increment's parent, or for a full now and then a repository that nobody has used. */
const prepare = async (scene: Scene, plan: Plan, random: Random, seed: number): Promise<void> => {
  const { product, vm } = scene
  if (plan.backup === 'increment') {
    if (scene.points.length === 0) scene.points.push(await ended(scene, await start(scene, 'full'), jobMs))
    return
  }
  if (random.percent(25)) await freshRepository(scene, `kills-${seed}-${Date.now()}`)
  // So that the step which switches it on has something to do.
  if (random.percent(50)) await product.lab.setChangeTracking(vm, false)
}

/** Writes in one area of each disk; returns where to hold a copy: at the share of what it will read of one disk. */
const writeSome = async (scene: Scene, { backup, moment }: Plan, random: Random): Promise<Place> => {
  const { product, vm, disks } = scene
  const share = moment.kind === 'copy' ? moment.share : 0
  const held = random.pick(disks)
  let offset = held.size * share
  for (const { key, size } of disks) {
    const length = random.int(64, 192) * grain
    const from = random.int(0, (size - length) / grain) * grain
    await product.lab.write(vm, key, from, random.bytes(length))
    if (backup === 'increment' && key === held.key) offset = from + length * share
  }
  return { vm, key: held.key, offset: Math.floor(offset) }
}

interface Served {
  /** Called right before the lab may die: it counts from nothing when it is back. */
  beforeStrike(isLabGone: boolean): Promise<void>
  now(): Promise<number>
}

const countServed = async ({ product }: Scene): Promise<Served> => {
  let base = await servedBytes(product)
  return {
    beforeStrike: async (isLabGone) => {
      if (isLabGone) base -= await servedBytes(product)
    },
    now: async () => (await servedBytes(product)) - base,
  }
}

const strikeAt = async (
  scene: Scene,
  { victim }: Plan,
  random: Random,
  held: HeldMoment,
  served: Served,
): Promise<string> => {
  const { product } = scene
  try {
    await held.reached()
    await served.beforeStrike(victim === 'lab' || victim === 'supervisor')
    const socketDir = await scene.socketDir()
    return await strike({ product, socketDir, victim, random, awayMs, letGo: held.letGo })
  } finally {
    await held.letGo()
  }
}

const checkEnd = (backup: BackupDetails, plan: Plan): void => {
  if (backup.status !== 'completed')
    throw new Error(`the backup ended as ${backup.status}: ${backup.error_message ?? ''}`)
  const type = plan.backup === 'full' ? 'full' : 'incremental'
  if (backup.backup_type !== type)
    throw new Error(`the backup became ${backup.backup_type}: ${backup.type_reason ?? ''}`)
}

/** The right bytes by the lab's copies and by the point's digests, and nothing left of the run. */
const checkPoint = async (scene: Scene, backup: BackupDetails, random: Random): Promise<void> => {
  const { product, repository } = scene
  const oracle = await product.lab.oracle()
  await compareImages(backup, oracle)
  if (random.percent(15)) {
    const mismatch = await mismatchOf(product, backup, oracle)
    if (mismatch !== undefined) throw new Error(`read back, disk ${mismatch.disk}: ${mismatch.what}`)
  }
  await verifyPoint(product, backup.id)
  // A full begins the chain that later increments stand on.
  if (backup.backup_type === 'full') await clearPoints(scene)
  scene.points.push(backup)
  const socketDir = await scene.socketDir()
  const root = join(__dirname, '..', '..')
  const world = { product, root, socketDir, repositories: [repository.path], points: scene.points }
  const left = await leftovers(world, sweepMs)
  if (left.length > 0) throw new Error(`left behind by ${backup.id}:\n${left.join('\n')}`)
}

/** An increment goes now and then, so that the next one stands on the point before. */
const keepOrDelete = async (
  scene: Scene,
  { id, backup_type }: BackupDetails,
  random: Random,
): Promise<void> => {
  if (backup_type === 'full' || random.percent(50)) return
  await deletePoint(scene.product, id)
  scene.points.pop()
}

const logsOf = async ({ product }: Scene): Promise<string> => {
  const tail = async (name: string): Promise<string> => {
    const text = await readFile(join(product.home, 'run/logs', `${name}.log`), 'utf8').catch(() => '')
    return `--- ${name}.log\n${text.slice(-3000)}`
  }
  const logs = await Promise.all(['worker', 'api'].map(tail))
  return [
    ...logs,
    `--- npm start\n${product
      .text()
      .slice(-2000)
      .replaceAll(/password \S+/g, 'password …')}`,
  ].join('\n')
}
