import type { BackupDetails } from '../../api/contract/backups.js'
import type { Repository } from '../../domain/repository.js'
import { addRepository, backupWhen, startBackup, type Product } from '../testing/product.js'
import { until } from '../testing/run-npm.js'
import { scribble, type Guest, type GuestTools } from './guest.js'
import { operate, startOver } from './operations.js'
import { seeded, type Random } from '../../activities/blocks/testing/random.js'
import { mismatchOf, type Mismatch } from './read-back.js'

export interface ChainOptions {
  readonly product: Product
  /** By VM name: the contexts under protection. */
  readonly contexts: ReadonlyMap<string, string>
  readonly rounds: number
  readonly seed: number
  readonly say: (line: string) => void
}

// A round ends with a backup of one or both VMs; a sequence is a chain from its first point to its last comparison.
const roundsInSequence = 6

/**
 * From a seed: sequences of guest operations and backups, each point compared with the lab's own copy when it is made
 * and again, with a verify, at its sequence's end. Throws at the first difference, with all that repeats it.
 */
export const runChain = async (options: ChainOptions): Promise<void> => {
  await options.product.lab.keepOracle(0)
  for (let done = 0, seed = options.seed; done < options.rounds; done += roundsInSequence, seed++) {
    const rounds = Math.min(roundsInSequence, options.rounds - done)
    options.say(`rounds ${done + 1} to ${done + rounds}: seed ${seed}`)
    await runSequence(options, seed, rounds)
  }
}

interface Sequence {
  readonly product: Product
  readonly random: Random
  readonly repository: Repository
  readonly guests: readonly (GuestTools & { readonly context: string })[]
  readonly points: Map<string, BackupDetails>
  readonly log: string[]
}

const runSequence = async (options: ChainOptions, seed: number, rounds: number): Promise<void> => {
  const sequence = await openSequence(options, seed)
  let round = 0
  try {
    for (round = 1; round <= rounds; round++) {
      sequence.log.push(`round ${round}`)
      await runRound(sequence)
    }
    await checkAll(sequence)
    await removeAll(sequence)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(
      [
        `seed ${seed}, round ${round} of ${rounds}: ${why}`,
        `Repeat it: npm run test:chaos -- chain ${rounds} ${seed}`,
        ...sequence.log.map((line) => `  ${line}`),
      ].join('\n'),
      { cause: error },
    )
  }
}

const openSequence = async ({ product, contexts }: ChainOptions, seed: number): Promise<Sequence> => {
  const random = seeded(`chain ${seed}`)
  const log: string[] = []
  const guests = [...contexts].map(([vm, context]) => {
    const guest: Guest = { vm, ghosts: [] }
    const note = (text: string): void => void log.push(`${vm}: ${text}`)
    return { lab: product.lab, random, guest, note, context }
  })
  await product.lab.clearChangeAnswers()
  await product.lab.clearOracle()
  for (const guest of guests) await startOver(guest)
  const repository = await addRepository(product, `chain-${seed}-${Date.now()}`)
  return { product, random, repository, guests, points: new Map(), log }
}

const runRound = async (sequence: Sequence): Promise<void> => {
  const { random, guests, product } = sequence
  const chosen = random.percent(35) ? guests : [random.pick(guests)]
  for (const guest of chosen) {
    for (let left = random.int(0, 6); left > 0; left--) await operate(guest)
  }
  const made = await Promise.all(await started(sequence, chosen))
  await product.lab.clearChangeAnswers()
  for (const backup of made) await checkPoint(sequence, backup)
  if (random.percent(20)) await removeLeaf(sequence, random.pick(chosen).context)
}

/** Starts one after the other, so that the choices are the seed's alone, and writes on while they run. */
const started = async (sequence: Sequence, chosen: Sequence['guests']): Promise<Promise<BackupDetails>[]> => {
  const { random, product, repository } = sequence
  const running: Promise<BackupDetails>[] = []
  for (const { context, note } of chosen) {
    const backup_type = random.pick(['auto', 'auto', 'auto', 'auto', 'auto', 'incremental', 'full'] as const)
    const id = await startBackup(product, {
      vm_context_id: context,
      repository_id: repository.id,
      backup_type,
    })
    note(`backup ${id} (${backup_type})`)
    running.push(backupWhen(product, id))
  }
  for (const guest of chosen) {
    for (let left = random.int(0, 3); left > 0; left--) await scribble(guest)
  }
  return running
}

const checkPoint = async (sequence: Sequence, backup: BackupDetails): Promise<void> => {
  if (backup.status !== 'completed')
    throw new Error(`backup ${backup.id} ended as ${backup.status}: ${backup.error_message ?? ''}`)
  for (const disk of backup.disks)
    sequence.log.push(
      `${backup.id}: disk ${disk.device_key} read ${disk.read_mode} (${disk.read_reason}), stored as ${disk.stored_as} (${disk.stored_reason})`,
    )
  sequence.points.set(backup.id, backup)
  await compare(sequence, backup)
}

const compare = async ({ product }: Sequence, backup: BackupDetails): Promise<void> => {
  const mismatch = await mismatchOf(product, backup, await product.lab.oracle())
  if (mismatch !== undefined) throw new Error(words(mismatch))
}

const words = ({ backup, disk, what }: Mismatch): string => `point ${backup}, disk ${disk}: ${what}`

/** Every point that still exists, against its own snapshot's copies, and by its own digests. */
const checkAll = async (sequence: Sequence): Promise<void> => {
  for (const backup of sequence.points.values()) await compare(sequence, backup)
  const { product, points } = sequence
  await Promise.all([...points.keys()].map((id) => product.call('POST', `/backups/${id}/verify`)))
  for (const id of points.keys()) {
    const { verify_result, verify_detail } = await backupWhen(
      product,
      id,
      (backup) => backup.verify_result !== null,
    )
    if (verify_result !== 'good') throw new Error(`point ${id} is ${verify_result}: ${verify_detail}`)
  }
}

const newestFirst = ({ points }: Sequence, context?: string): BackupDetails[] =>
  [...points.values()].filter((point) => context === undefined || point.vm_context_id === context).reverse()

/** The VM's newest point: the next increment must then stand on the one before. */
const removeLeaf = async (sequence: Sequence, context: string): Promise<void> => {
  const [leaf, before] = newestFirst(sequence, context)
  if (leaf === undefined || before === undefined) return
  sequence.log.push(`delete the point ${leaf.id}`)
  await removePoint(sequence, leaf.id)
}

const removePoint = async ({ product, points }: Sequence, id: string): Promise<void> => {
  let said = ''
  await until(
    async () => {
      const { status, body } = await product.ask('DELETE', `/backups/${id}`)
      said = `${status} ${JSON.stringify(body)}`
      if (status === 204 || status === 202) return true
      // A verification that has told its result still has its pins to give back.
      if (status === 409 && said.includes('point-in-use')) return false
      throw new Error(`the point ${id} was not deleted: ${said}`)
    },
    () => `the point ${id} was not deleted: ${said}`,
  )
  // 202: on a busy machine it goes on behind the answer.
  await until(
    async () => (await product.ask('GET', `/backups/${id}`)).status === 404,
    () => `the point ${id} is still there`,
  )
  points.delete(id)
}

const removeAll = async (sequence: Sequence): Promise<void> => {
  for (const { id } of newestFirst(sequence)) await removePoint(sequence, id)
}
