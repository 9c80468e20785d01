import { compareEnds, type CompareProgress } from '../compare-ends.js'
import type { Extent } from '../end.js'
import { openEnd } from '../open-end.js'
import type { CompareArguments } from './arguments.js'
import { formatBytes, formatCount, formatSeconds } from './format.js'
import { createProgressLine } from './progress-line.js'
import { printRanges } from './ranges.js'
import { printLine, type Terminal } from './terminal.js'

/** `compare <a> <b>`: 0 where both have the same content, 1 where they do not. */
export const runCompare = async (args: CompareArguments, terminal: Terminal): Promise<number> => {
  const { signal, stdout, stderr } = terminal
  await using a = await openEnd(args.a, { side: 'source', signal })
  await using b = await openEnd(args.b, { side: 'source', signal })
  const begun = performance.now()
  const progress = createProgressLine(stderr)
  let counts: CompareProgress | undefined
  const ranges = await compareEnds(a, b, {
    maxRanges: args.max,
    ignoreZeroTail: args.ignoreZeroTail,
    stallMs: args.stallMs,
    signal,
    onProgress: (now) => {
      counts = now
      progress.show(now.bytesCompared, now.bytesTotal, notesOf(now))
    },
  }).finally(progress.end)
  // The last report comes with the result.
  const final = counts!
  const seconds = (performance.now() - begun) / 1000
  const sizes = { sizeBytes: [a.sizeBytes, b.sizeBytes] }
  if (args.json) {
    const more = { seconds: Math.round(seconds * 1000) / 1000 }
    printLine(stdout, JSON.stringify({ ...sizes, ...final, ranges, ...more }))
  } else {
    if (a.sizeBytes !== b.sizeBytes)
      printLine(stderr, `The sizes differ: ${a.sizeBytes} and ${b.sizeBytes} bytes.`)
    printResult(ranges, final, seconds, terminal)
  }
  return final.rangesDiffering > 0 ? 1 : 0
}

const notesOf = ({ bytesRead, rangesDiffering, bytesDiffering }: CompareProgress): string[] => [
  `read ${formatBytes(bytesRead)}`,
  rangesDiffering === 0
    ? 'no difference yet'
    : `${formatBytes(bytesDiffering)} differ in ${formatCount(rangesDiffering, 'range')}`,
]

const printResult = (
  ranges: readonly Extent[],
  { bytesTotal, bytesRead, bytesDiffering, rangesDiffering }: CompareProgress,
  seconds: number,
  { stdout }: Terminal,
): void => {
  printRanges(ranges, stdout)
  const done = `${formatBytes(bytesTotal)} compared in ${formatSeconds(seconds)}, ${formatBytes(bytesRead)} read from each`
  if (rangesDiffering === 0) return printLine(stdout, `Both are the same: ${done}.`)
  const more = ranges.length < rangesDiffering ? `, the first ${ranges.length} of them named here` : ''
  const what = `${formatBytes(bytesDiffering)} differ in ${formatCount(rangesDiffering, 'range')}`
  printLine(stdout, `${what}${more}: ${done}.`)
}
