import { setTimeout as sleep } from 'node:timers/promises'
import { closeStepGate, removeStepGate } from '../../drizzle/testing/step-gate.js'
import type { Product } from '../testing/product.js'
import { until } from '../testing/run-npm.js'
import type { Moment } from './moments.js'
import { servedBytes } from './served.js'

/** A place of a disk within what the next backup copies. */
export interface Place {
  readonly vm: string
  readonly key: number
  readonly offset: number
}

export interface HeldMoment {
  /** Resolves when the backup stands there; throws when it never comes. */
  reached(): Promise<void>
  /** Lets it go on, whatever has died meanwhile. */
  letGo(): Promise<void>
  /** Takes away what is left of the preparations, once everything serves again. */
  clear(): Promise<void>
}

/** Makes a running backup stop at a moment; called before the backup starts. */
export const holdMoment = (product: Product, moment: Moment, place: Place): Promise<HeldMoment> => {
  if (moment.kind === 'copy') return holdCopy(product, place)
  if (moment.kind === 'task') return holdTask(product, moment.method)
  return holdStep(product, moment)
}

// Holds, delays and gates fall with the one who keeps them: then there is nothing to let go.
const ifThere = (work: () => Promise<unknown>): Promise<void> =>
  work().then(
    () => undefined,
    () => undefined,
  )

const holdCopy = async (product: Product, place: Place): Promise<HeldMoment> => {
  const id = await product.lab.hold(place.vm, place.key, place.offset)
  return {
    reached: async () => {
      await until(
        async () => (await product.lab.holds()).some((hold) => hold.id === id && hold.waiting > 0),
        () => `no read of disk ${place.key} ever came to offset ${place.offset}`,
      )
      await untilQuiet(product)
    },
    letGo: () => ifThere(() => product.lab.release()),
    clear: () => product.lab.release(),
  }
}

// A delay that has begun cannot be cut short: long enough to kill somebody in it.
const taskMs = 8000

const holdTask = async (product: Product, method: string): Promise<HeldMoment> => {
  await product.lab.clearCalls()
  await product.lab.delay({ method, ms: taskMs, where: 'task', count: 1 })
  return {
    reached: () =>
      until(
        async () => ((await product.lab.calls())[method] ?? 0) > 0,
        () => `nobody ever asked for ${method}`,
      ).then(() => undefined),
    letGo: () => Promise.resolve(),
    clear: () => product.lab.clearDelays(),
  }
}

const holdStep = async (product: Product, moment: Moment & { kind: 'step' }): Promise<HeldMoment> => {
  const { database } = await product.endpoints()
  const { side, step } = moment
  const gate = await closeStepGate(database, { side, name: step, workflowType: 'backup-vm' })
  return {
    reached: async () => {
      await until(
        async () => (await gate.waiting()) > 0,
        () => `the backup never stood ${side} ${step}`,
      )
      await untilQuiet(product)
    },
    letGo: () => gate.open(),
    clear: async () => removeStepGate((await product.endpoints()).database),
  }
}

/** Until nothing is read any more: what is counted then is all that a lab which dies now has served. */
const untilQuiet = async (product: Product): Promise<void> => {
  for (let before = -1, now = await servedBytes(product); now !== before;) {
    before = now
    await sleep(300)
    now = await servedBytes(product)
  }
}
