const toneColours = {
  moving: 'bg-blue-500',
  good: 'bg-green-500',
  bad: 'bg-red-500',
  stopped: 'bg-gray-500',
} as const
export type BarTone = keyof typeof toneColours

/** A bar with its percentage beside it. `percent` is 0 to 100. */
export const ProgressBar = ({
  label,
  percent,
  tone = 'moving',
  isLarge = false,
}: {
  label: string
  percent: number
  tone?: BarTone
  isLarge?: boolean
}) => {
  const whole = Math.floor(percent)
  const colour = toneColours[tone === 'moving' && whole === 100 ? 'good' : tone]
  return (
    <div className="flex items-center gap-3">
      <div
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={whole}
        className={`min-w-16 flex-1 overflow-hidden rounded-full bg-gray-700 ${isLarge ? 'h-4' : 'h-2.5'}`}
      >
        <div
          className={`h-full rounded-full transition-[width] duration-500 ${colour}`}
          style={{ width: `${percent}%` }}
        />
      </div>
      <span
        className={`text-right whitespace-nowrap tabular-nums ${isLarge ? 'w-16 text-base font-semibold' : 'w-11 text-xs'}`}
      >
        {whole} %
      </span>
    </div>
  )
}
