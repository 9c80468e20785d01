import { Link } from 'react-router'
import type { FlowDetails } from '../../../api/contract/protection-flows.js'
import { formatCount, formatDuration } from '../../lib/format.js'
import { FactColumns } from '../../ui/facts.js'
import { TimeText } from '../../ui/time-text.js'
import { countersInWords, windowInWords } from './flow-words.js'

const overlaps = { skip: 'the due run is skipped', queue: 'it is queued' } as const
const missed = {
  run_once: 'run once, however many',
  run_all: 'all are run',
  skip: 'skipped',
} as const

/** All that a flow is set to. */
export const FlowFacts = ({ flow }: { flow: FlowDetails }) => (
  <FactColumns left={what(flow)} right={how(flow)} />
)

const what = (flow: FlowDetails) =>
  [
    ['Type', flow.flow_type],
    ['Protects', <Target key="target" flow={flow} />],
    ['Repository', flow.repository_name ?? '–'],
    ['Policy', flow.policy_name ?? 'none: all backups are kept'],
    ['Runs so far', countersInWords(flow.status)],
    ['Backups kept', flow.stays_behind.backups.toLocaleString('en')],
    ['Made by', flow.created_by],
    ['Made at', <TimeText key="made" iso={flow.created_at} hasZone />],
  ] as const

const how = (flow: FlowDetails) =>
  [
    ['Due while it runs', overlaps[flow.overlap_policy]],
    [
      'Missed runs',
      `${missed[flow.missed_run_policy]}; none older than ${formatDuration(flow.catchup_limit_minutes * 60)}`,
    ],
    ['Busy VM', flow.busy_vm_policy === 'wait' ? 'waits' : 'is skipped'],
    [
      'Tries again',
      flow.max_retries === 0
        ? 'never'
        : `up to ${formatCount(flow.max_retries, 'time')} per VM, ${formatDuration(flow.retry_wait_seconds)} apart`,
    ],
    ['Longest run', flow.max_run_minutes === null ? 'no bound' : formatDuration(flow.max_run_minutes * 60)],
    ['Allowed hours', windowInWords(flow)],
    [
      'Full backup',
      `after ${formatCount(flow.full_every_days, 'day')} or ${formatCount(flow.full_every_points, 'point')}`,
    ],
    ['Quiesce', flow.quiesce],
  ] as const

const Target = ({ flow }: { flow: FlowDetails }) => (
  <>
    {flow.target_type === 'vm' ? 'VM ' : 'group '}
    {flow.target_name === null ? (
      <span className="text-red-300">that is gone ({flow.target_id})</span>
    ) : (
      <Link
        to={flow.target_type === 'vm' ? `/vms/${flow.target_id}/points` : `/groups/${flow.target_id}`}
        className="text-blue-400 underline"
      >
        {flow.target_name}
      </Link>
    )}
  </>
)
