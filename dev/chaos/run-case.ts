import { join } from 'node:path'
import type { BackupDetails } from '../../api/contract/backups.js'
import { backupWhen } from '../testing/product.js'
import { holdMoment, type HeldMoment, type Place } from './hold-moment.js'
import { leftovers } from './leftovers.js'
import type { Plan } from './moments.js'
import { compareImages, deletePoint, verifyPoint } from './points.js'
import { seeded, type Random } from '../../activities/blocks/testing/random.js'
import { mismatchOf } from './read-back.js'
import { countServed, type Served } from './served.js'
import { checkpointMiB, clearPoints, ended, freshRepository, jobMs, start, type Scene } from './scene.js'
import { strike } from './strike.js'

const MiB = 2 ** 20
const grain = 64 * 1024
/** How long Temporal, MariaDB and the vCenter stay away. */
const awayMs = 20_000
// Requests of one mover that a source may still answer when nobody listens any more (blocks/copy.ts).
const inFlightMiB = 24
// A sweep begins every 15 s, and waits 30 s for a queue that nobody serves yet.
const sweepMs = 120_000

export interface CaseResult {
  readonly seconds: number
  /** What was done to whom. */
  readonly struck: string
  /** Bytes that the lab served beyond what one undisturbed run reads. */
  readonly again: number
  /** True where the job ended with its cleanup left to the sweeper. */
  readonly wasSwept: boolean
}

/** What one undisturbed run reads of the source. */
export const plannedBytes = ({ disks }: BackupDetails): number =>
  disks.reduce((sum, { bytes_total }) => sum + bytes_total, 0)

/**
 * One case; throws when anything of it is not as it must be. The seed decides what the plan leaves open. `rate`: bytes a
 * second of an undisturbed copy.
 */
export const runCase = async (scene: Scene, rate: number, plan: Plan, seed: number): Promise<CaseResult> => {
  const begun = performance.now()
  const random = seeded(`backup ${seed}`)
  await prepare(scene, plan, random, seed)
  const place = await writeSome(scene, plan, random)
  const { product } = scene
  const held = await holdMoment(product, plan.moment, place)
  await using served = await countServed(product)
  const id = await start(scene, plan.backup === 'full' ? 'full' : 'auto')
  const struck = await strikeAt(scene, plan, random, held, served, () => othersCopied(scene, id, place))
  const backup = await ended(scene, id, jobMs)
  await held.clear()
  checkEnd(backup, plan)
  const again = (await served.now()) - plannedBytes(backup)
  const allowed = mostAgain(rate, place)
  if (again > allowed) throw new Error(`${again} bytes were copied again; allowed are ${allowed}`)
  await checkPoint(scene, backup)
  if (random.percent(15)) await readBack(scene, backup)
  else await keepOrDelete(scene, backup, random)
  return {
    seconds: (performance.now() - begun) / 1000,
    struck,
    again,
    wasSwept: backup.cleanup === 'pending',
  }
}

/**
 * max(256 MiB, 10 s of copying), and in the measure of these small disks: twice what lies between two checkpoints (that
 * is 256 MiB by default), and what was asked for of the disk that is held.
 */
const mostAgain = (rate: number, { rest }: Target): number =>
  Math.min(Math.max(256 * MiB, 10 * rate), 2 * checkpointMiB * MiB + Math.min(inFlightMiB * MiB, rest))

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

interface Target extends Place {
  /** Bytes of the disk that are still to be read there; none where no copy is held. */
  readonly rest: number
}

/** Writes in one area of each disk; returns where to hold a copy: at the share of what it will read of one disk. */
const writeSome = async (scene: Scene, { backup, moment }: Plan, random: Random): Promise<Target> => {
  const { product, vm, disks } = scene
  const share = moment.kind === 'copy' ? moment.share : 0
  const held = random.pick(disks)
  let area = { from: 0, length: held.size }
  for (const { key, size } of disks) {
    const length = random.int(64, 192) * grain
    const from = random.int(0, (size - length) / grain) * grain
    await product.lab.write(vm, key, from, random.bytes(length))
    if (backup === 'increment' && key === held.key) area = { from, length }
  }
  const done = Math.floor(area.length * share)
  const rest = moment.kind === 'copy' ? area.length - done : 0
  return { vm, key: held.key, offset: area.from + done, rest }
}

const strikeAt = async (
  scene: Scene,
  { victim, moment }: Plan,
  random: Random,
  held: HeldMoment,
  served: Served,
  othersDone: () => Promise<void>,
): Promise<string> => {
  const { product } = scene
  try {
    await held.reached()
    if (moment.kind === 'copy') await othersDone()
    await served.now()
    const socketDir = await scene.socketDir()
    const untilServicesEnd = moment.kind === 'copy' || random.percent(50)
    return await strike({ product, socketDir, victim, random, awayMs, letGo: held.letGo, untilServicesEnd })
  } finally {
    await held.letGo()
  }
}

/** Until only the held disk is being copied: all that is read after that is its rest, or read again. */
const othersCopied = async ({ product }: Scene, id: string, { key }: Place): Promise<void> => {
  await backupWhen(product, id, ({ disks }) =>
    disks.every(({ device_key, status }) => device_key === key || status === 'copied'),
  )
}

const checkEnd = (backup: BackupDetails, plan: Plan): void => {
  if (backup.status !== 'completed')
    throw new Error(`the backup ended as ${backup.status}: ${backup.error_message ?? ''}`)
  // Exporters are opened again in the middle of a copy: their end costs no attempt.
  if (plan.victim === 'nbdkit' || plan.victim === 'qemu-nbd')
    for (const { device_key, attempt_no } of backup.disks)
      if (attempt_no !== 1) throw new Error(`disk ${device_key} took ${attempt_no} attempts`)
  const type = plan.backup === 'full' ? 'full' : 'incremental'
  if (backup.backup_type !== type)
    throw new Error(`the backup became ${backup.backup_type}: ${backup.type_reason ?? ''}`)
  // Right bytes by reading everything would be a poor increment.
  for (const { device_key, read_mode, read_reason, change_id } of backup.disks)
    if (change_id === null || (type === 'incremental' && read_mode !== 'changed'))
      throw new Error(`disk ${device_key} was read ${read_mode}: ${read_reason}`)
}

/** The right bytes by the lab's copies and by the point's digests, and nothing left of the run. */
const checkPoint = async (scene: Scene, backup: BackupDetails): Promise<void> => {
  const { product, repository } = scene
  await compareImages(backup, await product.lab.oracle())
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

/** The whole way of an operator who reads a disk. Its exporter stays a while for the next reader. */
const readBack = async ({ product }: Scene, backup: BackupDetails): Promise<void> => {
  const mismatch = await mismatchOf(product, backup, await product.lab.oracle())
  if (mismatch !== undefined) throw new Error(`read back, disk ${mismatch.disk}: ${mismatch.what}`)
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
