import type { LimitsDraft } from './limits-draft.js'

/** What each part of the form is given. */
export interface LimitsPart {
  readonly draft: LimitsDraft
  /** What is wrong with a field: `process.bytes_per_second`, `platforms.<id>.max_connections`. */
  readonly errorOf: (field: string) => string | undefined
  readonly onChange: (draft: LimitsDraft) => void
}
