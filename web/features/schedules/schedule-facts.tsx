import type { ScheduleView } from '../../../api/contract/schedules.js'
import { Facts } from '../../ui/facts.js'
import { FlowCount } from '../../ui/flow-count.js'
import { TimeText } from '../../ui/time-text.js'
import { ScheduleSwitch } from './schedule-switch.js'
import { jitterText } from './schedule-view.js'

export const ScheduleFacts = ({ schedule }: { schedule: ScheduleView }) => (
  <Facts
    facts={[
      ...(schedule.description === null ? [] : ([['Description', schedule.description]] as const)),
      ['When', schedule.in_words],
      ['Cron', <code key="cron">{schedule.cron_expression}</code>],
      ['Time zone', schedule.timezone],
      ['Jitter', jitterText(schedule.jitter_seconds)],
      ['Enabled', <ScheduleSwitch key="enabled" schedule={schedule} />],
      [
        'Used by',
        <FlowCount key="flows" count={schedule.flows} to={`/flows?schedule=${schedule.id}`} isNamed />,
      ],
      [
        'Created',
        <>
          <TimeText iso={schedule.created_at} /> by {schedule.created_by}
        </>,
      ],
    ]}
  />
)
