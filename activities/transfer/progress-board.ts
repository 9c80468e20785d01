import type { CopyProgress } from '../blocks/copy-meter.js'
import type { ProgressSample } from '../../domain/progress.js'
import type { DiskProgress } from '../../drizzle/queries/job-progress.js'

/** Who reports: one attempt of one disk's copy. */
export interface Reporter {
  readonly jobId: string
  readonly diskId: string
  readonly attemptNo: number
}

export interface ProgressBoard extends AsyncDisposable {
  /** Begins to report a copy; disposing writes its last values. */
  report(reporter: Reporter): AsyncDisposable & { set(progress: CopyProgress): void }
}

interface Line {
  readonly reporter: Reporter
  latest: CopyProgress | undefined
  samples: ProgressSample[]
  doneAtLastSample: number
}

const keptSamples = 60
/** The speed shown is the mean of the last seconds: single seconds jump. */
const speedOver = 5

/**
 * The live progress of all copies of this process: one multi-row statement a second. A database that is away costs
 * samples, never the copy.
 */
export function progressBoard(
  write: (rows: readonly DiskProgress[]) => Promise<void>,
  now: () => Date,
): ProgressBoard {
  const lines = new Set<Line>()
  let writing: Promise<void> = Promise.resolve()
  const flush = (): Promise<void> => {
    const rows = [...lines].flatMap((line) => rowOf(line, now()))
    if (rows.length > 0) writing = writing.then(() => write(rows)).catch(() => undefined)
    return writing
  }
  const timer = setInterval(() => {
    for (const line of lines) sample(line, now())
    void flush()
  }, 1000)
  timer.unref()
  return {
    report: (reporter) => {
      const line: Line = { reporter, latest: undefined, samples: [], doneAtLastSample: 0 }
      lines.add(line)
      return {
        set: (progress) => {
          line.latest = progress
        },
        [Symbol.asyncDispose]: async () => {
          if (line.samples.length === 0) sample(line, now())
          await flush()
          lines.delete(line)
        },
      }
    },
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer)
      await flush()
    },
  }
}

function sample(line: Line, at: Date): void {
  if (line.latest === undefined) return
  // `bytesDone` waits for the slowest request in flight; what was read since shows that it moves.
  const done = Math.max(line.latest.bytesDone, line.latest.bytesRead)
  const rate = Math.max(0, done - line.doneAtLastSample)
  line.doneAtLastSample = done
  line.samples = [...line.samples, [Math.floor(at.getTime() / 1000), rate] satisfies ProgressSample].slice(
    -keptSamples,
  )
}

function rowOf({ reporter, latest, samples }: Line, at: Date): DiskProgress[] {
  if (latest === undefined) return []
  const recent = samples.slice(-speedOver)
  const speed =
    recent.length === 0 ? 0 : Math.round(recent.reduce((all, [, rate]) => all + rate, 0) / recent.length)
  const left = latest.bytesTotal - latest.bytesDone
  return [
    {
      job_id: reporter.jobId,
      disk_id: reporter.diskId,
      attempt_no: reporter.attemptNo,
      bytes_total: latest.bytesTotal,
      bytes_read: latest.bytesRead,
      bytes_stored: latest.bytesStored,
      // What is done without having been read: `read + skipped` reaches the total.
      bytes_skipped: Math.max(0, latest.bytesDone - latest.bytesRead),
      bytes_per_second: speed,
      eta_seconds: speed > 0 ? Math.ceil(left / speed) : null,
      bottleneck: latest.bottleneck,
      samples,
      updated_at: at.toISOString(),
    },
  ]
}
