import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { format } from 'prettier'
import { medianUsage, ratioOf, type Comparison, type Measured, type Usage } from './comparison.js'
import type { Machine } from './machine.js'

export interface Report {
  readonly bench: string
  readonly machine: Machine
  readonly comparisons: readonly Comparison[]
  /** CPU and memory beside the seconds, of benches that measure them. */
  readonly measured?: readonly Measured[]
  /** What was left out, and what a reader must know of the numbers. */
  readonly notes?: readonly string[]
}

/** Writes `results/<bench>-<time>.json` and returns its path. */
export const writeReport = async (folder: string, report: Report): Promise<string> => {
  const at = new Date().toISOString()
  const { bench, machine, measured, notes } = report
  const comparisons = report.comparisons.map((one) => ({
    case: one.name,
    peer: one.peer,
    ratio: rounded(ratioOf(one)),
    ours_seconds: one.rounds.map(({ ours }) => rounded(ours)),
    peer_seconds: one.rounds.map(({ theirs }) => rounded(theirs)),
  }))
  const runs = measured?.map(({ name, contender, rounds }) => ({
    case: name,
    contender,
    median: inJson(medianUsage(rounds)),
    rounds: rounds.map(inJson),
  }))
  const file = join(folder, `${bench}-${at.replace(/[:.]/g, '-')}.json`)
  const text = JSON.stringify({ bench, at, machine, notes, comparisons, runs })
  await mkdir(folder, { recursive: true })
  await writeFile(file, await format(text, { parser: 'json', printWidth: 110 }))
  return file
}

const inJson = (usage: Usage): Record<string, number | undefined> => ({
  seconds: rounded(usage.seconds),
  cpu_seconds: rounded(usage.cpuSeconds),
  server_cpu_seconds: rounded(usage.serverCpuSeconds),
  peak_rss_bytes: usage.peakRssBytes,
  idle_rss_bytes: usage.idleRssBytes,
  stored_bytes: usage.storedBytes,
  spread_seconds: usage.spreadSeconds === undefined ? undefined : rounded(usage.spreadSeconds),
})

const rounded = (value: number): number => Math.round(value * 1000) / 1000
