import type { ProgressSample } from '../../domain/progress.js'

export interface ChartLine {
  /** `x,y` pairs for an SVG polyline; empty with fewer than two samples. */
  readonly points: string
  /** Bytes per second at the top edge. */
  readonly top: number
}

/** Samples as a line over the last `seconds`, newest at the right edge; seconds without a sample stand at zero. */
export const chartLine = (
  samples: readonly ProgressSample[],
  { width, height, seconds }: { width: number; height: number; seconds: number },
): ChartLine => {
  const newest = samples.at(-1)?.[0] ?? 0
  const shown = samples.filter(([time]) => time > newest - seconds)
  const top = roundTop(Math.max(0, ...shown.map(([, rate]) => rate)))
  if (shown.length < 2) return { points: '', top }
  const points = withoutGaps(shown).map(([time, rate]) => {
    const x = width - ((newest - time) * width) / (seconds - 1)
    return `${tenth(x)},${tenth(height - (rate * height) / top)}`
  })
  return { points: points.join(' '), top }
}

/** Zeros at both ends of a gap: nothing was copied there, so the line must not climb across it. */
const withoutGaps = (samples: readonly ProgressSample[]): ProgressSample[] =>
  samples.flatMap((sample, index): ProgressSample[] => {
    const before = samples[index - 1]
    if (before === undefined || sample[0] - before[0] <= 2) return [sample]
    return [[before[0] + 1, 0], [sample[0] - 1, 0], sample]
  })

/** The next 1, 2 or 5 times a power of ten in MiB/s at or above the highest rate, so that the scale rarely jumps. */
const roundTop = (rate: number): number => {
  const mebibyte = 1024 * 1024
  if (rate <= 0) return mebibyte
  const power = 10 ** Math.floor(Math.log10(rate / mebibyte))
  const step = [1, 2, 5, 10].find((factor) => factor * power * mebibyte >= rate) ?? 10
  return step * power * mebibyte
}

const tenth = (value: number): number => Math.round(value * 10) / 10
