/** Who dies, or is away for a while, in the middle of a backup. */
export const killed = ['worker', 'api', 'supervisor', 'nbdkit', 'qemu-nbd'] as const
export const stopped = ['temporal', 'mariadb', 'lab'] as const
export type Victim = (typeof killed)[number] | (typeof stopped)[number]

/** When it happens. */
export type Moment =
  /** While the lab holds a read of a disk, at about this share of what there is to copy. */
  | { readonly kind: 'copy'; readonly share: number }
  /** While a step waits in front of its work, or behind it with its answer still unsaid. */
  | { readonly kind: 'step'; readonly side: 'before' | 'after'; readonly step: string }
  /** While the vCenter works on a task, or when it has just been asked for one. */
  | { readonly kind: 'task'; readonly method: string }

export interface Plan {
  readonly backup: 'full' | 'increment'
  readonly victim: Victim
  readonly moment: Moment
}

/** Cases in one round of the suite: as many seeds in a row deal out each of them once. */
export const casesInRound = 100
// Neighbours in the list are alike; this walk through it mixes them and misses none.
const stride = 37

/**
 * The case that belongs to a seed. `steps`: a backup's steps in their order. A hundred seeds in a row hold every victim
 * in the copy of a full and of an increment, and every gap between two steps, most of them with every victim.
 */
export const planOf = (seed: number, steps: readonly string[]): Plan => {
  const plan = allPlans(steps)[(seed * stride) % casesInRound]
  if (plan === undefined) throw new Error(`there is no case for seed ${seed}`)
  return plan
}

/** All of a round, before they are mixed. */
export const allPlans = (steps: readonly string[]): readonly Plan[] => {
  const sure = [...copies([0.5]), ...tasks()]
  const gaps = gapsOf(steps).slice(0, casesInRound - sure.length)
  const more = copies([0.05, 0.25, 0.75, 0.95])
  return [...sure, ...gaps, ...more].slice(0, casesInRound)
}

export const wordsOf = (moment: Moment): string => {
  if (moment.kind === 'copy') return `in the copy, at ${Math.round(moment.share * 100)} %`
  if (moment.kind === 'task') return `in ${moment.method}`
  return `${moment.side} ${moment.step}`
}

const everybody: readonly Victim[] = [...killed, ...stopped]
// Exporters live only while a disk is copied.
const betweenSteps = everybody.filter((victim) => victim !== 'nbdkit' && victim !== 'qemu-nbd')

const copies = (shares: readonly number[]): Plan[] =>
  shares.flatMap((share) =>
    (['full', 'increment'] as const).flatMap((backup) =>
      everybody.map((victim): Plan => ({ backup, victim, moment: { kind: 'copy', share } })),
    ),
  )

const tasks = (): Plan[] =>
  ['CreateSnapshot_Task', 'RemoveSnapshot_Task'].flatMap((method, index) =>
    (['worker', 'temporal', 'lab'] as const).map((victim): Plan => {
      const backup = index === 0 ? 'full' : 'increment'
      return { backup, victim, moment: { kind: 'task', method } }
    }),
  )

/** Every gap with one victim each, then every gap with the next one: a list cut short still has them all. */
const gapsOf = (steps: readonly string[]): Plan[] =>
  betweenSteps.flatMap((_, turn) =>
    Array.from({ length: steps.length + 1 }, (__, gap): Plan => {
      const victim = betweenSteps[(gap + turn) % betweenSteps.length] ?? 'worker'
      return {
        backup: (gap + turn) % 2 === 0 ? 'full' : 'increment',
        victim,
        moment: inGap(steps, gap, turn),
      }
    }),
  )

/** A gap has two sides: the step before has not been answered for yet, or the step behind has been handed out. */
const inGap = (steps: readonly string[], gap: number, turn: number): Moment => {
  const [last, next] = [steps[gap - 1], steps[gap]]
  if (last !== undefined && (turn % 2 === 0 || next === undefined))
    return { kind: 'step', side: 'after', step: last }
  return { kind: 'step', side: 'before', step: next ?? '' }
}
