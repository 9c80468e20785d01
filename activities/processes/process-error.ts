export type ProcessProblem = 'spawn' | 'guard' | 'not-ready' | 'exited' | 'timeout' | 'failed'

/** A child that could not be started, did not become ready, or ended badly. Never holds a secret. */
export class ProcessError extends Error {
  override readonly name = 'ProcessError'
  readonly child: string
  readonly problem: ProcessProblem
  readonly exitCode: number | null
  /** The last of what the child said on stderr. */
  readonly stderrTail: string

  constructor(
    child: string,
    problem: ProcessProblem,
    detail: string,
    {
      exitCode = null,
      stderrTail = '',
      cause,
    }: { exitCode?: number | null; stderrTail?: string; cause?: unknown } = {},
  ) {
    super(`${child}: ${detail}${stderrTail === '' ? '' : `: ${stderrTail.trim()}`}`, { cause })
    this.child = child
    this.problem = problem
    this.exitCode = exitCode
    this.stderrTail = stderrTail
  }
}
