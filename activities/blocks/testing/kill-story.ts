import { inFlight } from '../copy-leg.js'
import type { Extent } from '../end.js'
import { mergeExtents, totalBytes } from '../extents.js'
import { pieceBytes } from '../plan.js'
import type { KillPlan } from './kill-plan.js'
import type { MoverLine } from './mover-job.js'

// What is under way at once, and one piece more.
const inFlightBytes = inFlight.bytesWhenStill + pieceBytes

/** What happened in a case, told by its movers. */
export interface KillStory {
  /** For whoever must find out what went wrong. */
  note(words: string): void
  heard(line: MoverLine): void
  /** A mover began; the first is no interruption. */
  begun(): void
  readonly text: () => string
  readonly interruptions: () => number
  /** Bytes that were asked of the source more than once. */
  readonly againBytes: () => number
  /** What all that was lost may cost at most. */
  readonly allowedBytes: () => number
}

export const createStory = ({ everyBytes }: KillPlan): KillStory => {
  const begunAt = performance.now()
  const notes: string[] = []
  const reads: Extent[] = []
  const lost = { mover: -1, source: 0, target: 0 }
  let readSince = 0
  const note = (words: string): void => {
    const reading = readSince > 0 ? ` (${readSince} reads before)` : ''
    readSince = 0
    notes.push(`${((performance.now() - begunAt) / 1000).toFixed(2)} s: ${words}${reading}`)
  }
  return {
    note,
    begun: () => void lost.mover++,
    heard(line) {
      if (line.line === 'reopened') lost[line.side]++
      if (line.line === 'read') {
        reads.push({ offset: line.offset, length: line.length })
        readSince++
      } else note(JSON.stringify(line))
    },
    text: () => notes.join('\n'),
    interruptions: () => lost.mover + lost.source + lost.target,
    againBytes: () => totalBytes(reads) - totalBytes(mergeExtents(reads)),
    // Up to a checkpoint, and while it is written: each bounded by the interval, or by what is under way where that is
    // more. A lost source costs only what is under way.
    allowedBytes: () =>
      (lost.mover + lost.target) * (2 * Math.max(everyBytes, inFlightBytes) + 2 * pieceBytes) +
      lost.source * inFlightBytes,
  }
}
