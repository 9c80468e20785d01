import { performance } from 'node:perf_hooks'

/** Given to each step so that it can say what it found instead of the time it took. */
export interface StepReport {
  /** The line ends with this text; the default is the time taken. */
  note(text: string): void
  /** Nothing had to be done. */
  cached(): void
}

export const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

export const printError = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

/** Runs one step and prints its one line: `• title … done in 1.2 s`, `cached`, or `failed after 1.2 s`. */
export const runStep = async <T>(title: string, work: (report: StepReport) => Promise<T>): Promise<T> => {
  const begun = performance.now()
  let note: string | undefined
  process.stdout.write(`• ${title} … `)
  try {
    const result = await work({ note: (text) => (note = text), cached: () => (note = 'cached') })
    print(note ?? `done in ${secondsSince(begun)} s`)
    return result
  } catch (error) {
    print(`failed after ${secondsSince(begun)} s`)
    throw error
  }
}

/** Seconds with one decimal since a `performance.now()`. */
export const secondsSince = (begun: number): string => ((performance.now() - begun) / 1000).toFixed(1)
