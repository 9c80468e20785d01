import type { ScheduleView } from '../../../api/contract/schedules.js'
import { updateSchedule } from '../../../api/contract/schedules.js'
import { failureText } from '../../lib/failure-text.js'
import { useMayCall } from '../../lib/role.js'
import { Switch } from '../../ui/switch.js'
import { useSwitchSchedule } from './use-switch-schedule.js'

/** A disabled schedule rings for no flow. */
export const ScheduleSwitch = ({ schedule }: { schedule: ScheduleView }) => {
  const change = useSwitchSchedule(schedule.id)
  const mayChange = useMayCall(updateSchedule)
  return (
    <>
      <Switch
        name={`Schedule ${schedule.name} enabled`}
        isOn={schedule.enabled}
        isDisabled={!mayChange || change.isPending}
        onChange={(enabled) => change.mutate(enabled)}
      />
      {change.error ? (
        <p role="alert" className="mt-1 max-w-48 text-xs text-red-300">
          {failureText(change.error).sentence}
        </p>
      ) : null}
    </>
  )
}
