import { openEnd } from '../open-end.js'
import { verify, type VerifyResult } from '../verify.js'
import type { VerifyArguments } from './arguments.js'
import { openLayers } from './digest-layers.js'
import { formatBytes, formatSeconds } from './format.js'
import { createProgressLine } from './progress-line.js'
import { printRanges } from './ranges.js'
import { printLine, type Terminal } from './terminal.js'

/** `verify <uri> <digest-file> …`: 0 where all grains match, 1 where some do not. */
export const runVerify = async (args: VerifyArguments, terminal: Terminal): Promise<number> => {
  const { signal, stdout, stderr } = terminal
  await using layers = await openLayers(args.digests)
  await using end = await openEnd(args.uri, { side: 'source', signal })
  const begun = performance.now()
  const progress = createProgressLine(stderr)
  const result = await verify({
    end,
    digests: layers.readers,
    signal,
    stallMs: args.stallMs,
    maxMismatches: args.max,
    onProgress: ({ bytesChecked, bytesTotal, bytesRead }) =>
      progress.show(bytesChecked, bytesTotal, [`read ${formatBytes(bytesRead)}`]),
  }).finally(progress.end)
  const seconds = (performance.now() - begun) / 1000
  if (args.json) printLine(stdout, JSON.stringify({ ...result, seconds: Math.round(seconds * 1000) / 1000 }))
  else printResult(result, seconds, terminal)
  return result.mismatchedBytes > 0 ? 1 : 0
}

const printResult = (result: VerifyResult, seconds: number, { stdout }: Terminal): void => {
  const { mismatches, mismatchedBytes, bytesTotal, bytesRead } = result
  printRanges(mismatches, stdout)
  const checked = `${formatBytes(bytesTotal)} checked in ${formatSeconds(seconds)}, ${formatBytes(bytesRead)} read`
  if (mismatchedBytes === 0) return printLine(stdout, `All matches its digests: ${checked}.`)
  const listed = mismatches.reduce((sum, { length }) => sum + length, 0)
  const more = listed < mismatchedBytes ? `, of which ${formatBytes(listed)} are named here` : ''
  printLine(stdout, `${formatBytes(mismatchedBytes)} do not match their digests${more}: ${checked}.`)
}
