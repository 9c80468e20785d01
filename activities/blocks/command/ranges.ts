import type { Extent } from '../end.js'
import { printLine } from './terminal.js'

/** One line of `offset length` each, as `--extents` reads them. */
export const printRanges = (ranges: readonly Extent[], stdout: { write(text: string): unknown }): void => {
  for (const { offset, length } of ranges) printLine(stdout, `${offset} ${length}`)
}
