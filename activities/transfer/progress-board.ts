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
  /**
   * Begins to report a copy; disposing writes its last values. `readBefore`: what earlier attempts have read is in the
   * copy's numbers, but not in this one's speed.
   */
  report(reporter: Reporter, readBefore?: number): AsyncDisposable & { set(progress: CopyProgress): void }
}

interface Line {
  readonly reporter: Reporter
  latest: CopyProgress | undefined
  samples: ProgressSample[]
  readAtLastSample: number
  skipped: number
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
    report: (reporter, readBefore = 0) => {
      const line: Line = {
        reporter,
        latest: undefined,
        samples: [],
        readAtLastSample: readBefore,
        skipped: 0,
      }
      lines.add(line)
      return {
        set: (progress) => {
          line.latest = progress
          line.skipped = skippedOf(progress, line.skipped)
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
  // What is read is what takes time: holes pass by the gigabyte, and would make a speed that nothing has. After an end
  // that was lost the number may be smaller.
  const { bytesRead } = line.latest
  const rate = Math.max(0, bytesRead - line.readAtLastSample)
  line.readAtLastSample = bytesRead
  line.samples = [...line.samples, [Math.floor(at.getTime() / 1000), rate] satisfies ProgressSample].slice(
    -keptSamples,
  )
}

/**
 * What is done without having been read: holes, so that read and skipped reach the total. What was read ahead of the
 * slowest request in flight is not done yet, so the difference alone would sway.
 */
const skippedOf = ({ bytesTotal, bytesDone, bytesRead }: CopyProgress, before: number): number =>
  Math.max(0, Math.min(bytesTotal - bytesRead, Math.max(before, bytesDone - bytesRead)))

/** How much of what is left will have to be read, if it is as sparse as what is done. */
const leftToRead = ({ bytesTotal, bytesRead }: CopyProgress, skipped: number): number => {
  const done = bytesRead + skipped
  const left = Math.max(0, bytesTotal - done)
  return done === 0 ? left : left * (bytesRead / done)
}

function rowOf({ reporter, latest, samples, skipped }: Line, at: Date): DiskProgress[] {
  if (latest === undefined) return []
  const recent = samples.slice(-speedOver)
  const speed =
    recent.length === 0 ? 0 : Math.round(recent.reduce((all, [, rate]) => all + rate, 0) / recent.length)
  return [
    {
      job_id: reporter.jobId,
      disk_id: reporter.diskId,
      attempt_no: reporter.attemptNo,
      bytes_total: latest.bytesTotal,
      bytes_read: latest.bytesRead,
      bytes_stored: latest.bytesStored,
      bytes_skipped: skipped,
      bytes_per_second: speed,
      eta_seconds: speed > 0 ? Math.ceil(leftToRead(latest, skipped) / speed) : null,
      // Who is waited for while an end is away is that end.
      bottleneck: latest.away ?? latest.bottleneck,
      samples,
      updated_at: at.toISOString(),
    },
  ]
}
