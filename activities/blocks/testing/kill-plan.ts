import type { Extent } from '../end.js'
import { totalBytes } from '../extents.js'
import { changeAreas, layOut, type Region } from './disk-layout.js'
import type { Fact, Moment } from './mover-job.js'
import { seeded, type Random } from './random.js'

export type Victim = 'mover' | 'source' | 'target'

/**
 * `raw`, `qcow2`: qemu-nbd, which keeps a qcow2's tables to itself until it is asked to flush. `lossy`: nbdkit over a
 * raw file with a cache of its own, of which nothing survives. `overlay`: a qcow2 over a full backup.
 */
export type TargetFormat = 'raw' | 'qcow2' | 'lossy' | 'overlay'

/** `kill`: away for `awayMs`. `pause`: stopped for so long, then goes on. `freeze`: stopped for so long, then killed. */
export interface Strike {
  readonly moment: Moment
  readonly victims: readonly Victim[]
  readonly way: 'kill' | 'pause' | 'freeze'
  readonly awayMs: number
}

/** All about a case that its seed decides. */
export interface KillPlan {
  readonly seed: number
  readonly format: TargetFormat
  readonly sizeBytes: number
  readonly layout: readonly Region[]
  /** Of an overlay: what is written to between the backups. */
  readonly changes: readonly Region[]
  /** A full copy into a disk that is full of old data: nothing may show through. */
  readonly isUsed: boolean
  readonly everyBytes: number
  readonly everyMs: number
  readonly stallMs: number
  readonly strikes: readonly Strike[]
}

const MiB = 2 ** 20
const formats: readonly TargetFormat[] = ['qcow2', 'overlay', 'lossy', 'overlay', 'raw']
const victimSets: readonly (readonly Victim[])[] = [
  ['target'],
  ['mover'],
  ['source'],
  ['mover', 'target'],
  ['target', 'source'],
  ['source', 'mover'],
  ['target', 'mover', 'source'],
]

/** The case that belongs to a seed; 35 seeds in a row have everyone die over every format. */
export const planOf = (seed: number): KillPlan => {
  const random = seeded(`kill ${seed}`)
  const format = formats[seed % formats.length]!
  const sizeBytes =
    random.pick([random.int(64, 96), random.int(64, 192)]) * MiB -
    (random.percent(30) ? 512 * random.int(1, 300) : 0)
  const layout = layOut(random, sizeBytes)
  const changes = format === 'overlay' ? changeAreas(random, sizeBytes) : []
  const everyBytes = random.pick([1, 2, 4, 8, 16]) * MiB
  const strikes = strikesOf(random, victimSets[seed % victimSets.length]!, {
    dataBytes: bytesOfData(changes.length > 0 ? changes : layout),
    everyBytes,
  })
  return {
    seed,
    format,
    sizeBytes,
    layout,
    changes,
    isUsed: (format === 'raw' || format === 'lossy') && random.percent(40),
    everyBytes,
    everyMs: random.pick([100, 500, 5000]),
    stallMs: strikes.some(({ way }) => way !== 'kill') ? 2500 : 20_000,
    strikes,
  }
}

const bytesOfData = (regions: readonly Region[]): number =>
  totalBytes(regions.filter(({ kind }) => kind === 'data'))

interface Work {
  readonly dataBytes: number
  readonly everyBytes: number
}

const strikesOf = (random: Random, victims: readonly Victim[], work: Work): Strike[] => {
  const strikes: Strike[] = []
  const count = random.pick([1, 1, 2, 3])
  for (let index = 0; index < count; index++) {
    const last = strikes.at(-1)
    const who = last === undefined ? victims : random.pick(victimSets)
    // A mover that lives opens what was lost again.
    const isReopening = last !== undefined && !last.victims.includes('mover') && random.percent(50)
    const moment = isReopening ? inReopen(random) : inCopy(random, who, last === undefined ? work : undefined)
    strikes.push({ moment, victims: who, ...awayOf(random) })
  }
  return strikes
}

const inReopen = (random: Random): Moment => ({
  on: 'reopen',
  count: 1,
  when: random.pick(['before', 'after']),
  linger: 0,
})

/**
 * `work`: of a copy from its beginning. The moment comes for sure there, and whoever dies is still needed; neither is
 * sure in what is left of one.
 */
const inCopy = (random: Random, victims: readonly Victim[], work: Work | undefined): Moment => {
  const isSourceOnly = victims.every((victim) => victim === 'source')
  const on: Fact = isSourceOnly
    ? 'read'
    : random.pick(['read', 'write', 'write', 'write', 'flush', 'flush', 'claim'])
  const pieces = work === undefined ? 12 : Math.floor(work.dataBytes / MiB)
  const marks = work === undefined ? 2 : Math.max(1, Math.floor(work.dataBytes / work.everyBytes / 3))
  const mustBeBefore = isSourceOnly || on === 'claim' || (on === 'flush' && !victims.includes('mover'))
  const isRequest = on === 'read' || on === 'write'
  const count = random.int(1, isRequest ? Math.max(1, Math.floor(pieces * 0.9)) : marks)
  return {
    on,
    count: isRequest || work === undefined ? count : Math.min(count, sureMarks(work)),
    when: mustBeBefore ? 'before' : random.pick(['before', 'after']),
    linger: random.pick([0, 0, 4, 12, 30]),
  }
}

/** Up to a checkpoint, and while it is written, as much as this may be copied; the last one comes in any case. */
const sureMarks = ({ dataBytes, everyBytes }: Work): number =>
  1 + Math.floor(dataBytes / (2 * (everyBytes + 25 * MiB)))

const awayOf = (random: Random): Pick<Strike, 'way' | 'awayMs'> => {
  const way = random.percent(12) ? random.pick(['pause', 'freeze'] as const) : 'kill'
  if (way === 'kill') return { way, awayMs: random.pick([0, 0, 0, 0, 50, 150, 400, 400, 2000]) }
  // Shorter than a stall, or longer.
  return { way, awayMs: random.pick([200, 3200]) }
}

export const wordsOfPlan = ({ format, sizeBytes, everyBytes, isUsed, strikes }: KillPlan): string => {
  const disk = `${isUsed ? 'used ' : ''}${format} of ${Math.round(sizeBytes / MiB)} MiB`
  const words = strikes.map(({ moment: { on, count, when, linger }, victims, way, awayMs }) => {
    const moment = `${when} ${on} ${count}${linger > 0 ? ` and ${linger} more` : ''}`
    return `${way} ${victims.join('+')} ${moment}, ${awayMs} ms`
  })
  return `${disk}, checkpoints every ${everyBytes / MiB} MiB; ${words.join('; then ')}`
}

/** What a copy of the plan is asked to bring over. */
export const extentsOf = ({ changes, sizeBytes }: KillPlan): Extent[] =>
  changes.length > 0
    ? changes.map(({ offset, length }) => ({ offset, length }))
    : [{ offset: 0, length: sizeBytes }]
