/**
 * The one error class of the product's own rooms: a code from a closed list, one sentence for an operator
 * (what, where, how much, never a secret), whether trying again can help, and the facts behind the sentence.
 * Made by small named functions next to the code that detects the failure.
 */
export const failureCodes = [
  'bad-request',
  'not-found',
  'conflict',
  'locked',
  'source-unreachable',
  'source-certificate-untrusted',
  'source-login-refused',
  'source-permission-denied',
  'source-fault',
  'source-session-lost',
  'vm-not-found',
  'vm-ambiguous',
  'vm-no-disks',
  'vm-needs-consolidation',
  'vm-busy',
  'slots-busy',
  'datastore-low',
  'snapshot-failed',
  'snapshot-gone',
  'change-tracking-unavailable',
  'change-tracking-malformed',
  'transport-unavailable',
  'read-failed',
  'write-failed',
  'copy-stalled',
  'attempt-superseded',
  'lease-lost',
  'repository-missing',
  'repository-marker',
  'repository-full',
  'repository-read-only',
  'point-damaged',
  'point-in-use',
  'point-has-children',
  'credential-unreadable',
  'not-available',
  'service-unavailable',
  'run-time-over',
  'internal',
] as const

export type FailureCode = (typeof failureCodes)[number]

export interface FailureOptions {
  /** True only where the same call may succeed later without anybody changing anything. */
  readonly retry: boolean
  readonly facts?: Readonly<Record<string, string | number | boolean | null>>
  /** When a retry is worth it at the earliest; without it the step's own retries decide. */
  readonly retryAfterMs?: number | undefined
  /** What the operator can do next, one sentence. */
  readonly remedy?: string
  readonly cause?: unknown
}

export class Failure extends Error {
  override readonly name = 'Failure'
  readonly code: FailureCode
  readonly retry: boolean
  readonly facts: Readonly<Record<string, string | number | boolean | null>>
  readonly remedy: string | undefined
  readonly retryAfterMs: number | undefined

  constructor(code: FailureCode, sentence: string, options: FailureOptions) {
    super(sentence, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retry = options.retry
    this.facts = options.facts ?? {}
    this.remedy = options.remedy
    this.retryAfterMs = options.retryAfterMs
  }
}
