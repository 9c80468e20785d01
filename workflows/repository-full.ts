import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow'

/** A repository that a copy has filled, in a way that can be waited for. */
export interface FullRepository {
  /** One sentence with the numbers, and what happens next. */
  readonly reason: string
  /** What the copy still wants, what it wants when it begins anew; bytes. */
  readonly leftBytes: number
  readonly wholeBytes: number
}

/** What a failed copy says of a full repository; null where it failed with anything else. */
export function fullRepository(error: unknown): FullRepository | null {
  const cause = error instanceof ActivityFailure ? error.cause : undefined
  if (!(cause instanceof ApplicationFailure) || cause.type !== 'repository-full') return null
  const { facts } = (cause.details?.[0] ?? {}) as { facts?: Record<string, unknown> }
  const { left_bytes: leftBytes, whole_bytes: wholeBytes } = facts ?? {}
  if (typeof leftBytes !== 'number' || typeof wholeBytes !== 'number') return null
  return { reason: `${cause.message}. It goes on by itself when there is room.`, leftBytes, wholeBytes }
}

const longestSeconds = 3600

/**
 * How long a paused run lets a full repository be before it looks at it, in seconds. Twice as long each time that going
 * on did not bring it further: a quota fills a repository whose file system tells of free room.
 */
export function newPatience(everySeconds: number): (full: FullRepository) => number {
  let [leftBefore, inVain] = [Infinity, 0]
  return ({ leftBytes }) => {
    inVain = leftBytes < leftBefore ? 0 : inVain + 1
    leftBefore = leftBytes
    return Math.min(longestSeconds, everySeconds * 2 ** inVain)
  }
}
