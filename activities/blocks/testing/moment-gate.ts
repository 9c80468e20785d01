import type { Fact, Moment } from './mover-job.js'

/** Lets facts pass and counts them; holds the one of the moment until `goOn`. */
export interface MomentGate {
  pass(on: Fact, when: Moment['when']): Promise<void>
  around<T>(on: Fact, work: () => Promise<T>): Promise<T>
  goOn(next: Moment | undefined): void
}

// Behind the one that is held there may be nothing left that could go on.
const lingerMs = 300

export const createMomentGate = (first: Moment | undefined, held: () => void): MomentGate => {
  let moment = first
  let seen = 0
  let left = 0
  let timer: NodeJS.Timeout | undefined
  let release: (() => void) | undefined
  const say = (): void => {
    clearTimeout(timer)
    left = 0
    held()
  }
  const pass: MomentGate['pass'] = async (on, when) => {
    if (release !== undefined) {
      if (left > 0 && --left === 0) say()
      return
    }
    if (moment?.on !== on || moment.when !== when || ++seen < moment.count) return
    left = moment.linger
    const released = new Promise<void>((resolve) => (release = resolve))
    if (left === 0) say()
    else timer = setTimeout(say, lingerMs)
    await released
  }
  return {
    pass,
    async around(on, work) {
      await pass(on, 'before')
      const result = await work()
      await pass(on, 'after')
      return result
    },
    goOn(next) {
      moment = next
      seen = 0
      release?.()
      release = undefined
    },
  }
}
