/** A bar with its percentage beside it. `percent` is 0 to 100. */
export const ProgressBar = ({
  label,
  percent,
  isFailed = false,
  isLarge = false,
}: {
  label: string
  percent: number
  isFailed?: boolean
  isLarge?: boolean
}) => {
  const whole = Math.floor(percent)
  const colour = isFailed ? 'bg-red-500' : whole === 100 ? 'bg-green-500' : 'bg-blue-500'
  return (
    <div className="flex items-center gap-3">
      <div
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={whole}
        className={`min-w-24 flex-1 overflow-hidden rounded-full bg-gray-700 ${isLarge ? 'h-4' : 'h-2.5'}`}
      >
        <div
          className={`h-full rounded-full transition-[width] duration-500 ${colour}`}
          style={{ width: `${percent}%` }}
        />
      </div>
      <span
        className={`w-16 text-right whitespace-nowrap tabular-nums ${isLarge ? 'text-base font-semibold' : 'text-xs'}`}
      >
        {whole} %
      </span>
    </div>
  )
}
