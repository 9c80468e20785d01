import type { ProblemDetail } from '../../../api/contract/problem.js'
import { leastBytesPerSecond, TransferLimits } from '../../../domain/transfer-limits.js'
import type { LimitsDraft } from './limits-draft.js'
import { limitsRequestOf } from './limits-draft.js'
import { mebibytesOf } from './mebibytes.js'

/** Sentences by field, named as in a request, but for platforms by their id: `platforms.<id>.max_connections`. */
export type LimitsErrors = Readonly<Record<string, string>>

/** What is wrong with the form; what only the API knows comes with its answer. */
export const draftErrors = (draft: LimitsDraft): LimitsErrors => {
  const request = limitsRequestOf(draft)
  const issues = TransferLimits.safeParse(request).error?.issues ?? []
  return byField(
    draft,
    issues.map(({ path, message }) => {
      const field = String(path.at(-1))
      return { path: path.join('.'), message: plainWords[field] ?? message }
    }),
  )
}

/** What the API said about the fields of the request that this draft made. */
export const apiErrors = (draft: LimitsDraft, details: readonly ProblemDetail[]): LimitsErrors =>
  byField(
    draft,
    details.map(({ path, message }) => ({ path: path.replace(/^body\./, ''), message })),
  )

const byField = (draft: LimitsDraft, details: readonly ProblemDetail[]): LimitsErrors => {
  const { platforms } = limitsRequestOf(draft)
  const errors: Record<string, string> = {}
  for (const { path, message } of details) {
    const field = path.replace(/^platforms\.(\d+)/, (place, index: string) => {
      const id = platforms[Number(index)]?.platform_id
      return id === undefined ? place : `platforms.${id}`
    })
    errors[field] ??= message
  }
  return errors
}

// The contract counts in bytes; people here do not.
const plainWords: Readonly<Record<string, string>> = {
  bytes_per_second: `Must be a number of MiB/s from ${mebibytesOf(leastBytesPerSecond)} to 1,048,576.`,
  max_connections: 'Must be a whole number from 1 to 256.',
  days: 'Choose a day.',
  from: 'Must be a time such as 22:30.',
  to: 'Must be a time such as 22:30.',
}
