import { Failure } from '../../domain/failure.js'

/** Why the transport's server did not open the disk, by the last words that it said. */
export function transportFailed(transport: string, stderrTail: string, cause: unknown): Failure {
  const said = stderrTail.trim().split('\n').at(-1)?.slice(0, 300) ?? ''
  const isRefused = isLoginRefused(stderrTail)
  return new Failure(
    isRefused ? 'source-login-refused' : 'transport-unavailable',
    `The ${transport} transport could not open the snapshot's disk: ${said === '' ? 'nbdkit did not start' : said}`,
    {
      retry: !isRefused,
      remedy: isRefused
        ? "Correct the platform's password, then start the backup again."
        : "Run the platform's test; check that nbdkit, its vddk plugin and the VDDK library are installed.",
      cause,
    },
  )
}

export const isLoginRefused = (said: string): boolean =>
  /incorrect user name or password|InvalidLogin/i.test(said)
