import type { ProgressSample } from '../../domain/progress.js'

export interface RateFacts {
  /** Bytes per second. */
  readonly peak: number
  readonly average: number
  /** Average ÷ peak in whole per cent: how steadily the highest speed is kept. */
  readonly efficiencyPercent: number
}

/**
 * Peak, average and efficiency of the last `seconds` before the newest sample; a second without a sample counts as one
 * in which nothing was copied. Null before anything was.
 */
export const rateFacts = (samples: readonly ProgressSample[], seconds = 60): RateFacts | null => {
  const newest = samples.at(-1)?.[0]
  if (newest === undefined) return null
  const shown = samples.filter(([time]) => time > newest - seconds)
  const oldest = shown[0]?.[0] ?? newest
  const peak = Math.max(0, ...shown.map(([, rate]) => rate))
  if (peak === 0) return null
  const average = shown.reduce((sum, [, rate]) => sum + rate, 0) / (newest - oldest + 1)
  return { peak, average, efficiencyPercent: Math.round((100 * average) / peak) }
}
