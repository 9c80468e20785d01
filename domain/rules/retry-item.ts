import type { FailureCode } from '../failure.js'

/**
 * Whether a backup that failed so may succeed later without anybody changing anything. A table of all codes, so that
 * nobody adds one without deciding it.
 */
const passesByItself: Readonly<Record<FailureCode, boolean>> = {
  'bad-request': false,
  'not-found': false,
  conflict: false,
  locked: true,
  'source-unreachable': true,
  'source-certificate-untrusted': false,
  'source-login-refused': false,
  'source-permission-denied': false,
  'source-fault': true,
  'source-session-lost': true,
  'vm-not-found': false,
  'vm-ambiguous': false,
  'vm-no-disks': false,
  // Somebody must consolidate it; the platform does not do so by itself.
  'vm-needs-consolidation': false,
  'vm-busy': true,
  'slots-busy': true,
  // Other runs give their room back when they end; minutes do not free a datastore.
  'datastore-low': false,
  'snapshot-failed': true,
  'snapshot-gone': true,
  'change-tracking-unavailable': false,
  'change-tracking-malformed': true,
  'transport-unavailable': true,
  'read-failed': true,
  'write-failed': true,
  'copy-stalled': true,
  'attempt-superseded': true,
  'lease-lost': true,
  'repository-missing': true,
  'repository-marker': false,
  'repository-full': false,
  'repository-read-only': false,
  'point-damaged': false,
  // Its base is being deleted: the next try plans over another one.
  'point-in-use': true,
  'point-has-children': false,
  'credential-unreadable': false,
  'not-available': false,
  'service-unavailable': true,
  'run-time-over': false,
  internal: true,
}

export interface FailedAttempt {
  /** A failure's code; unknown ones count as `internal`. */
  readonly code: string
  /** Backups begun for this VM, this one included. */
  readonly attempts: number
  readonly maxRetries: number
  readonly retryWaitSeconds: number
  readonly now: Date
}

export type ItemVerdict =
  | { readonly kind: 'again'; readonly notBefore: string; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string }

/** What becomes of a VM whose backup failed: tried again where that can help and the flow allows it. */
export function afterFailure({
  code,
  attempts,
  maxRetries,
  retryWaitSeconds,
  now,
}: FailedAttempt): ItemVerdict {
  const isTransient = isCode(code) ? passesByItself[code] : passesByItself.internal
  if (!isTransient)
    return { kind: 'failed', why: 'trying again would not help until somebody changes something' }
  if (attempts > maxRetries)
    return {
      kind: 'failed',
      why: maxRetries === 0 ? 'the flow allows no retry' : `retry ${maxRetries} of ${maxRetries} failed`,
    }
  return {
    kind: 'again',
    notBefore: new Date(now.getTime() + retryWaitSeconds * 1000).toISOString(),
    why: `retry ${attempts} of ${maxRetries} in ${retryWaitSeconds} s`,
  }
}

const isCode = (code: string): code is FailureCode => Object.hasOwn(passesByItself, code)
