import { formatTime } from '../lib/format.js'

/** A time in the reader's zone, or a dash with a name for "not yet". */
export const TimeText = ({ iso, none = 'not yet' }: { iso: string | null | undefined; none?: string }) =>
  iso ? (
    <time dateTime={iso} className="whitespace-nowrap tabular-nums">
      {formatTime(iso)}
    </time>
  ) : (
    <span className="text-gray-500">{none}</span>
  )
