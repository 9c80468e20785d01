import { medianUsage, type Measured, type Usage } from '../comparison.js'

const MiB = 2 ** 20

const columns: readonly (readonly [string, (usage: Usage) => string])[] = [
  ['seconds', ({ seconds }) => seconds.toFixed(2)],
  ['cpu s', ({ cpuSeconds }) => cpuSeconds.toFixed(2)],
  ['servers s', ({ serverCpuSeconds }) => serverCpuSeconds.toFixed(2)],
  ['peak MiB', ({ peakRssBytes }) => inMiB(peakRssBytes)],
  [
    'above idle',
    ({ peakRssBytes, idleRssBytes }) =>
      inMiB(idleRssBytes === undefined ? undefined : peakRssBytes - idleRssBytes),
  ],
  ['stored MiB', ({ storedBytes }) => inMiB(storedBytes)],
  ['spread s', ({ spreadSeconds }) => spreadSeconds?.toFixed(2) ?? '-'],
]

const inMiB = (bytes: number | undefined): string => (bytes === undefined ? '-' : (bytes / MiB).toFixed(0))

/** Medians of all rounds, one line a contender, under one line of titles. */
export const tableOf = (measured: readonly Measured[]): string[] => {
  const rows = [
    ['case', 'contender', ...columns.map(([title]) => title)],
    ...measured.map(({ name, contender, rounds }) => {
      const usage = medianUsage(rounds)
      return [name, contender, ...columns.map(([, cell]) => cell(usage))]
    }),
  ]
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  )
}
