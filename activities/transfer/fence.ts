import { Failure } from '../../domain/failure.js'

/** Whether a mover is still the one that may write. Both reject for good once another attempt has begun. */
export interface Fence {
  /** For a mover at work: a catalogue that is away, or does not answer, is put up with for a while. */
  mayWrite(): Promise<void>
  /** Before a new exporter may serve the image: only a yes that was asked for now will do. */
  confirm(): Promise<void>
}

export interface FenceOptions {
  /** Asks the catalogue. */
  readonly isCurrent: () => Promise<boolean>
  /** What an attempt without its place ends with. */
  readonly refusal: () => Failure
  /** How long an answer is waited for. */
  readonly answerMs?: number
  /**
   * How long a mover goes on unheard. Two writers are prevented by others meanwhile: a newer attempt ends this one's
   * exporter and waits for the image's lock, and each attempt has digests and a checkpoint of its own.
   */
  readonly patienceMs?: number
}

const away = (why: string, cause?: unknown): Failure =>
  new Failure(
    'service-unavailable',
    `The catalogue could not be asked whether this attempt may write: ${why}`,
    {
      retry: true,
      facts: { service: 'database' },
      remedy: 'Start the database; the disk goes on from its last durable block.',
      cause,
    },
  )

export const createFence = ({
  isCurrent,
  refusal,
  answerMs = 5000,
  patienceMs = 600_000,
}: FenceOptions): Fence => {
  let heardAt = performance.now()
  let isLost = false
  let open: { readonly answer: Promise<void>; readonly askedAt: number } | undefined

  const ask = async (): Promise<void> => {
    const askedAt = performance.now()
    isLost = !(await isCurrent()) || isLost
    if (isLost) throw refusal()
    heardAt = askedAt
  }
  /** One question at a time: those that a database left open would fill its pool's line. */
  const question = (): NonNullable<typeof open> => {
    if (open !== undefined) return open
    const answer = ask().finally(() => (open = undefined))
    answer.catch(() => undefined)
    return (open = { answer, askedAt: performance.now() })
  }
  return {
    async mayWrite() {
      if (isLost) throw refusal()
      const { answer, askedAt } = question()
      try {
        await within(askedAt + answerMs - performance.now(), answer)
      } catch (error) {
        if (isLost) throw refusal()
        const unheardMs = performance.now() - heardAt
        if (unheardMs > patienceMs)
          throw away(`nothing was heard for ${Math.round(unheardMs / 1000)} s`, error)
      }
    },
    async confirm() {
      if (isLost) throw refusal()
      const answer = ask()
      answer.catch(() => undefined)
      await within(answerMs, answer).catch((error: unknown) => {
        throw isLost ? refusal() : away('it is away', error)
      })
    },
  }
}

const within = async (ms: number, work: Promise<void>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), Math.max(0, ms))
  })
  await Promise.race([work, late]).finally(() => clearTimeout(timer))
}
