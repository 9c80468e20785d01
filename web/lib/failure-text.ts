import { ApiProblem } from './api-problem.js'
import type { ApiProblemCode } from './api-problem.js'

/** A failure as a page shows it: what happened, what to do, which fields are wrong. */
export interface FailureText {
  readonly sentence: string
  readonly remedy: string | null
  readonly details: readonly string[]
}

export const failureText = (error: unknown): FailureText => {
  if (!(error instanceof ApiProblem))
    return {
      sentence: 'The page met an error of its own',
      remedy: 'Reload the page; tell us what you did if it comes back.',
      details: error instanceof Error ? [error.message] : [],
    }
  const sentence = withoutBody(error.message)
  return {
    sentence,
    remedy: error.remedy ?? remedies[error.code] ?? null,
    // A single wrong field is the sentence already.
    details: error.details
      .map(({ path, message }) => [withoutBody(path), message] as const)
      .filter(([path, message]) => sentence !== `${path}: ${message}` && sentence !== `${path} ${message}`)
      .map(([path, message]) => `${path}: ${message}`),
  }
}

// Fields are named as the form knows them.
const withoutBody = (text: string): string => text.replace(/^body\./, '')

/** For codes whose answer brings no remedy of its own. */
const remedies: Partial<Record<ApiProblemCode, string>> = {
  unreachable: 'Check that Sendense runs (npm run doctor) and that this computer reaches it, then try again.',
  unreadable: 'Reload the page: it may be older than the API. If it stays, look into the API log.',
  unauthenticated: 'Log in again.',
  forbidden: 'Ask an administrator for the role that this action needs.',
  csrf: 'Reload the page and try again.',
  'must-change-password': 'Change the first password.',
  'too-many-requests': 'Wait a minute, then try again.',
  'service-unavailable': 'Wait a moment, then try again; npm run doctor says what is missing.',
  'run-time-over': 'Raise the longest run of the flow, or let more VMs run at the same time.',
  internal: 'Try again; if it stays, look into the API log.',
}
