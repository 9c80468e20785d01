import { readCheckpoint, type Checkpoint } from '../checkpoint.js'
import { copy } from '../copy.js'
import type { CopyProgress, CopyResult } from '../copy-meter.js'
import type { End, Extent } from '../end.js'
import { CheckpointError, type EndError } from '../errors.js'
import { openLasting } from '../lasting-end.js'
import { openEnd } from '../open-end.js'
import { createRateLimit } from '../rate-limit.js'
import type { CopyArguments } from './arguments.js'
import { openAttempt, type CopyAttempt } from './copy-attempt.js'
import { copyIdentity, isSameDisk } from './copy-identity.js'
import { openLayers } from './digest-layers.js'
import { readExtentsFile } from './extents-file.js'
import { formatBytes, formatSeconds } from './format.js'
import { createProgressLine } from './progress-line.js'
import { sentenceOf } from './sentence.js'
import { printLine, type Terminal } from './terminal.js'
import { UsageError } from './usage-error.js'

const MiB = 1024 * 1024
// As long as a server that is restarted by its keeper may take.
const reopenMs = 60_000
const checkpointEvery = { everyBytes: 128 * MiB, everyMs: 2000 }

/** `copy <from> <to>`: resolves with the exit status. Rejects before anything was copied. */
export const runCopy = async (args: CopyArguments, terminal: Terminal): Promise<number> => {
  const { signal, stderr } = terminal
  if (await isSameDisk(args.from, args.to)) throw new UsageError('Both names lead to the same disk.')
  const openSource = (until: AbortSignal) => openEnd(args.from, { side: 'source', signal: until })
  await using source = await openLasting(openSource, signal)
  const { sizeBytes } = source.end()
  const extents =
    args.extents === undefined ? wholeOf(sizeBytes) : await readExtentsFile(args.extents, sizeBytes)
  await using layers = await openLayers(args.over)
  const isGoingOn = await hasCheckpoint(args)
  // A layer over nothing, or the rest of a copy into a new file, would read as zeros where it has nothing.
  const mayCreate = args.over.length === 0 && !isGoingOn
  let create = mayCreate ? { create: { sizeBytes } } : {}
  const openTarget = (until: AbortSignal) => openEnd(args.to, { side: 'target', signal: until, ...create })
  await using target = await openLasting(openTarget, signal).catch((error: unknown) => {
    if (isGoingOn && (error as EndError).errno === 'ENOENT')
      throw new UsageError(`The target is gone; to begin anew, remove ${args.checkpoint}.`)
    throw error
  })
  create = {}
  const to = target.end()
  checkTarget(to, sizeBytes)
  const identity = await copyIdentity(args)
  await using attempt = await openAttempt(args, sizeBytes)
  if (attempt.resumeFrom !== undefined) sayWhere(attempt.resumeFrom, terminal)
  const begun = performance.now()
  const progress = createProgressLine(stderr)
  try {
    const result = await copy({
      source: source.end(),
      target: to,
      extents,
      sizeBytes,
      targetKnownZero: args.isFresh || ('isCreated' in to && to.isCreated),
      ...(attempt.digests && { digests: attempt.digests }),
      reopen: { source: source.reopen, target: target.reopen, withinMs: reopenMs },
      limits: args.bytesPerSecond === undefined ? [] : [createRateLimit(args.bytesPerSecond)],
      identity,
      signal,
      stallMs: args.stallMs,
      onProgress: (now) => progress.show(now.bytesDone, now.bytesTotal, notesOf(now)),
      ...(layers.readers.length > 0 ? { previous: layers.readers } : {}),
      ...(args.checkpoint === undefined ? {} : { checkpoint: { path: args.checkpoint, ...checkpointEvery } }),
      ...(attempt.resumeFrom === undefined ? {} : { resumeFrom: attempt.resumeFrom }),
    })
    await attempt.finish()
    progress.end()
    printResult(args, attempt, result, (performance.now() - begun) / 1000, terminal)
    return 0
  } catch (error) {
    progress.end()
    // Said before the ends are closed: a server that does not answer holds that up.
    printLine(stderr, signal.aborted ? 'Cancelled.' : explain(error, args))
    printLine(stderr, await howToGoOn(error, args))
    return 2
  }
}

const wholeOf = (sizeBytes: number): Extent[] => (sizeBytes > 0 ? [{ offset: 0, length: sizeBytes }] : [])

const hasCheckpoint = async ({ checkpoint }: CopyArguments): Promise<boolean> =>
  checkpoint !== undefined && (await readCheckpoint(checkpoint)) !== undefined

const checkTarget = (target: End, sizeBytes: number): void => {
  if (target.readOnly) throw new UsageError(`The target is read-only: ${target.describe}.`)
  if (target.sizeBytes < sizeBytes)
    throw new UsageError(
      `The target is too small: it has ${target.sizeBytes} bytes, the source ${sizeBytes}.`,
    )
}

const sayWhere = ({ cursor }: Checkpoint, { stderr }: Terminal): void =>
  printLine(stderr, `Going on from byte ${cursor}.`)

const notesOf = ({ bytesRead, bytesStored, bytesSkipped, bottleneck, away }: CopyProgress): string[] => [
  `read ${formatBytes(bytesRead)}`,
  `stored ${formatBytes(bytesStored)}`,
  `skipped ${formatBytes(bytesSkipped)}`,
  away === undefined ? `${bottleneck} is the bottleneck` : `the ${away} is away, trying again`,
]

const printResult = (
  { json, digests }: CopyArguments,
  { resumeFrom }: CopyAttempt,
  result: CopyResult,
  seconds: number,
  { stdout }: Terminal,
): void => {
  const { bytesTotal, bytesRead, bytesStored, bytesSkipped } = result
  if (json) {
    const counts = { bytesTotal, bytesRead, bytesStored, bytesSkipped }
    const more = { digests: digests ?? null, resumedAt: resumeFrom?.cursor ?? null }
    return printLine(
      stdout,
      JSON.stringify({ ...counts, seconds: Math.round(seconds * 1000) / 1000, ...more }),
    )
  }
  const done = `Copied ${formatBytes(bytesTotal)} in ${formatSeconds(seconds)}`
  const how = `read ${formatBytes(bytesRead)}, stored ${formatBytes(bytesStored)}, skipped ${formatBytes(bytesSkipped)}`
  printLine(stdout, `${done}: ${how}.`)
}

const explain = (error: unknown, { checkpoint }: CopyArguments): string =>
  error instanceof CheckpointError && error.problem === 'plan-changed'
    ? `${checkpoint} is of another copy, or the source has changed since.`
    : sentenceOf(error)

const howToGoOn = async (error: unknown, { checkpoint }: CopyArguments): Promise<string> => {
  const incomplete = 'The target is incomplete'
  if (checkpoint === undefined) return `${incomplete}; without --checkpoint the copy begins anew.`
  const anew = `to begin anew, remove ${checkpoint}`
  const found = await readCheckpoint(checkpoint).catch(() => 'unusable' as const)
  if (found === undefined) return `${incomplete}; nothing was durable yet, and the same command begins anew.`
  if (found === 'unusable' || error instanceof CheckpointError) return `${incomplete}; ${anew}.`
  return `${incomplete}: durable up to byte ${found.cursor}. The same command goes on there; ${anew}.`
}
