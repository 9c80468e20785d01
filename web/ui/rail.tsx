import type { RailRow } from '../lib/rail.js'

const laneWidth = 18
/** Where the node stands, from the top: beside the first line of its item's text. */
const nodeTop = 27
const centre = (lane: number): number => lane * laneWidth + laneWidth / 2

const lineColour = 'bg-gray-500'
const nodeColours = {
  plain: 'border-blue-400 bg-gray-900',
  current: 'border-blue-300 bg-blue-500',
  bad: 'border-red-400 bg-red-950',
  doubtful: 'border-yellow-400 bg-yellow-950',
} as const
export type RailTone = keyof typeof nodeColours

/** The drawn dependency of one list item; its words stand in the item, so readers of the screen skip it. */
export const Rail = ({
  row,
  lanes,
  tone,
  isRoot,
}: {
  row: RailRow
  lanes: number
  tone: RailTone
  isRoot: boolean
}) => (
  <div aria-hidden="true" className="relative shrink-0 self-stretch" style={{ width: lanes * laneWidth }}>
    {row.past.map((lane) => (
      <Line key={`past-${lane}`} left={centre(lane)} top={0} />
    ))}
    {row.from.map((lane) => (
      <Line key={`from-${lane}`} left={centre(lane)} top={0} height={nodeTop} />
    ))}
    {row.from.map((lane) => (
      <Bend key={`bend-${lane}`} from={centre(row.lane)} to={centre(lane)} />
    ))}
    {row.goesOn && <Line left={centre(row.lane)} top={nodeTop} />}
    <span
      className={`absolute h-3.5 w-3.5 -translate-x-1/2 -translate-y-1/2 border-2 ${isRoot ? 'rounded-sm' : 'rounded-full'} ${nodeColours[tone]}`}
      style={{ left: centre(row.lane), top: nodeTop }}
    />
  </div>
)

/** To the row's bottom edge without a height. */
const Line = ({ left, top, height }: { left: number; top: number; height?: number }) => (
  <span
    className={`absolute w-0.5 -translate-x-1/2 ${lineColour}`}
    style={{ left, top, ...(height === undefined ? { bottom: 0 } : { height }) }}
  />
)

const Bend = ({ from, to }: { from: number; to: number }) => (
  <span
    className={`absolute h-0.5 -translate-y-1/2 ${lineColour}`}
    style={{ left: Math.min(from, to), width: Math.abs(to - from), top: nodeTop }}
  />
)
