import { formatTime, zoneOffset } from '../lib/format.js'

/** A time in the reader's zone, or words for "not yet". The zone stands on hover, and beside it with `hasZone`. */
export const TimeText = ({
  iso,
  none = 'not yet',
  hasZone = false,
}: {
  iso: string | null | undefined
  none?: string
  hasZone?: boolean
}) => {
  if (!iso) return <span className="text-gray-400">{none}</span>
  const [date, clock] = formatTime(iso).split(' ')
  const zone = zoneOffset(iso)
  // Where it is narrow the line breaks between date and clock, and nowhere else.
  return (
    <time dateTime={iso} title={`${date} ${clock} ${zone} (${iso})`} className="tabular-nums">
      <span className="whitespace-nowrap">{date}</span> <span className="whitespace-nowrap">{clock}</span>
      {hasZone && <span className="whitespace-nowrap"> {zone}</span>}
    </time>
  )
}
