import { setTimeout as sleep } from 'node:timers/promises'
import type { ExecutionList, ExecutionResponse } from '../../api/contract/executions.js'
import type { FlowRequest, FlowResponse } from '../../api/contract/protection-flows.js'
import type {
  ScheduleExecutionList,
  ScheduleExecutionView,
  ScheduleView,
} from '../../api/contract/schedules.js'
import { addLab, addRepository, startProduct } from '../testing/product.js'
import type { Product } from '../testing/product.js'
import { until } from '../testing/run-npm.js'

const minuteMs = 60_000
/** What `SENDENSE_LATE_SECONDS` is where nobody sets it: a ring that comes later goes by the missed-run policy. */
export const lateMs = 90_000
/** Of `limited`: the outage is longer. */
export const shortLimitMinutes = 3

const policies = {
  skip: { missed_run_policy: 'skip' },
  once: { missed_run_policy: 'run_once' },
  all: { missed_run_policy: 'run_all' },
  limited: { missed_run_policy: 'run_all', catchup_limit_minutes: shortLimitMinutes },
  /** Is disabled before the outage. */
  off: { missed_run_policy: 'run_all' },
} as const satisfies Record<string, Partial<FlowRequest>>
export type FlowName = keyof typeof policies
const flowNames = Object.keys(policies) as FlowName[]
/** A running product with five flows of one VM each on one schedule. */
export interface MissedScene {
  readonly product: Product
  readonly schedule: string
  readonly flows: Readonly<Record<FlowName, string>>
  /** Before the outage; all moments in milliseconds. */
  readonly first: number
  /** The three that pass while nothing is up. */
  readonly missed: readonly number[]
  /** All of its due times. */
  readonly due: readonly number[]
}

/** All that the API tells of one flow's due times and runs, oldest first. */
export interface FlowStory {
  readonly dueTimes: readonly ScheduleExecutionView[]
  readonly executions: readonly ExecutionResponse[]
}

/** Minutes after the first that are due. The gap leaves time to be up again before the next one passes. */
const pattern = [0, 2, 3, 4, ...Array.from({ length: 30 }, (_, index) => 9 + index)]

export const openMissedScene = async (): Promise<MissedScene> => {
  const product = await startProduct({ SENDENSE_LAB_SCENARIO: 'twenty' })
  try {
    const platform_id = await addLab(product)
    const found = await product.call<{ vms: { id: string }[] }>('POST', '/discover', { platform_id })
    const { vm_contexts } = await product.call<{ vm_contexts: { id: string }[] }>('POST', '/vm-contexts', {
      platform_id,
      vm_ids: found.vms.slice(0, flowNames.length).map(({ id }) => id),
    })
    const { id: repository_id } = await addRepository(product, 'first')
    // Late enough that every flow's schedule stands by then.
    const first = Math.ceil((Date.now() + 45_000) / minuteMs) * minuteMs
    const minutes = pattern.map((after) => new Date(first + after * minuteMs).getUTCMinutes())
    const schedule = await product.call<ScheduleView>('POST', '/schedules', {
      name: 'Three to miss',
      cron_expression: `${minutes.join(',')} * * * *`,
    })
    const made = flowNames.map(async (name, index) => {
      const flow = await product.call<FlowResponse>('POST', '/protection-flows', {
        ...policies[name],
        name,
        flow_type: 'backup',
        target_type: 'vm',
        target_id: vm_contexts[index]!.id,
        repository_id,
        schedule_id: schedule.id,
      })
      return [name, flow.id] as const
    })
    const flows = Object.fromEntries(await Promise.all(made)) as Record<FlowName, string>
    const due = pattern.map((after) => first + after * minuteMs)
    return { product, schedule: schedule.id, flows, first, missed: due.slice(1, 4), due }
  } catch (error) {
    await product[Symbol.asyncDispose]()
    throw error
  }
}

export const sleepUntil = (at: number): Promise<void> => sleep(Math.max(0, at - Date.now()))

export const storyOf = async (
  { product, schedule, flows }: MissedScene,
  name: FlowName,
): Promise<FlowStory> => {
  const list = await product.call<ScheduleExecutionList>('GET', `/schedules/${schedule}/executions?limit=200`)
  const path = `/protection-flows/${flows[name]}/executions?limit=200`
  const { executions } = await product.call<ExecutionList>('GET', path)
  const dueTimes = list.schedule_executions
    .filter(({ flow_id }) => flow_id === flows[name])
    .sort((a, b) => a.nominal_time.localeCompare(b.nominal_time))
  // One may have begun between the two questions.
  const last = dueTimes.at(-1)?.nominal_time ?? ''
  return {
    dueTimes,
    executions: executions
      .filter(({ nominal_time }) => nominal_time === null || nominal_time <= last)
      .sort((a, b) => (a.nominal_time ?? '').localeCompare(b.nominal_time ?? '')),
  }
}

/** Waits until `is` wants of the flow's story what it is. */
export const storyWhen = (
  scene: MissedScene,
  name: FlowName,
  is: (story: FlowStory) => boolean,
): Promise<FlowStory> => {
  let last: FlowStory | undefined
  return until(
    async () => {
      last = await storyOf(scene, name)
      return is(last) && last
    },
    () => `flow ${name} never came there: ${JSON.stringify(last).slice(0, 4000)}`,
    10 * minuteMs,
  )
}
