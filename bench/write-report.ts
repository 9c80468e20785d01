import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { format } from 'prettier'
import { ratioOf, type Comparison } from './comparison.js'
import type { Machine } from './machine.js'

export interface Report {
  readonly bench: string
  readonly machine: Machine
  readonly comparisons: readonly Comparison[]
}

/** Writes `results/<bench>-<time>.json` and returns its path. */
export const writeReport = async (folder: string, report: Report): Promise<string> => {
  const at = new Date().toISOString()
  const comparisons = report.comparisons.map((one) => ({
    case: one.name,
    peer: one.peer,
    ratio: rounded(ratioOf(one)),
    ours_seconds: one.rounds.map(({ ours }) => rounded(ours)),
    peer_seconds: one.rounds.map(({ theirs }) => rounded(theirs)),
  }))
  const file = join(folder, `${report.bench}-${at.replace(/[:.]/g, '-')}.json`)
  const text = JSON.stringify({ bench: report.bench, at, machine: report.machine, comparisons })
  await mkdir(folder, { recursive: true })
  await writeFile(file, await format(text, { parser: 'json', printWidth: 110 }))
  return file
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000
