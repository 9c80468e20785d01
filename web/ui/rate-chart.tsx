import type { ProgressSample } from '../../domain/progress.js'
import { chartLine } from '../lib/chart.js'
import { formatRate } from '../lib/format.js'

const size = { width: 600, height: 100, seconds: 60 } as const

/** Speed over the last 60 seconds of copying. */
export const RateChart = ({
  samples,
  isMoving,
}: {
  samples: readonly ProgressSample[]
  isMoving: boolean
}) => {
  const { points, top } = chartLine(samples, size)
  if (points === '') return null
  const newest = samples.at(-1)?.[1] ?? 0
  return (
    <figure className="mt-5">
      <svg
        role="img"
        aria-label={`Speed over 60 seconds: ${formatRate(newest)} in the newest second, scale up to ${formatRate(top)}`}
        viewBox={`0 0 ${size.width} ${size.height}`}
        preserveAspectRatio="none"
        className="h-28 w-full rounded-lg bg-gray-900"
      >
        {[25, 50, 75].map((y) => (
          <line key={y} x1="0" x2={size.width} y1={y} y2={y} className="stroke-gray-700" strokeWidth="0.5" />
        ))}
        <polyline
          points={points}
          fill="none"
          className="stroke-blue-400"
          strokeWidth="2"
          vectorEffect="non-scaling-stroke"
        />
      </svg>
      <figcaption className="mt-1 flex justify-between text-xs text-gray-400">
        <span>{isMoving ? '60 s ago' : '60 s before it stopped'}</span>
        <span>Speed; top of the scale {formatRate(top)}</span>
        <span>{isMoving ? 'now' : 'when it stopped'}</span>
      </figcaption>
    </figure>
  )
}
