import type { RelatedFlow } from '../../drizzle/queries/flow-lists.js'
import { openExecutionsOf } from '../../drizzle/queries/execution-lists.js'
import type { NamedExecution } from '../../drizzle/queries/execution-lists.js'
import { leftBehind, machineRecords } from '../../drizzle/queries/flow-machines.js'
import type { MachineRecord } from '../../drizzle/queries/flow-machines.js'
import { withLiveCounters } from '../../drizzle/queries/live-counters.js'
import { resolveTarget } from '../../drizzle/queries/targets.js'
import type { Db } from '../../drizzle/open.js'
import type { FlowDetails, FlowMachine } from '../contract/protection-flows.js'
import { toExecutionResponse } from './execution.js'
import { toFlowResponse } from './flow.js'

const mostMachines = 200

/** A flow with the VMs that it protects now, what is under way, and what would stay without it. */
export async function toFlowDetails(db: Db, related: RelatedFlow): Promise<FlowDetails> {
  const { flow } = related
  const [target, open, stays_behind] = await Promise.all([
    resolveTarget(db, flow),
    openExecutionsOf(db, flow.id),
    leftBehind(db, flow.id),
  ])
  const vms = target?.vms.map((vm) => vm.context) ?? []
  const machines = await machineRecords(db, flow, vms.slice(0, mostMachines))
  const now = currentOf(open)
  const [current] = now === undefined ? [] : await withLiveCounters(db, [now])
  return {
    ...toFlowResponse(related),
    machines: machines.map(toFlowMachine),
    machines_total: vms.length,
    current_execution: current === undefined ? null : toExecutionResponse(current),
    stays_behind,
  }
}

/** What has begun goes before what waits its turn. */
export const currentOf = (open: readonly NamedExecution[]): NamedExecution | undefined =>
  open.find(({ execution }) => execution.status !== 'pending') ?? open[0]

const toFlowMachine = (record: MachineRecord): FlowMachine => {
  const { id, vm_name, power_state, cpu_count, memory_mb } = record.context
  return {
    vm_context_id: id,
    vm_name,
    platform_name: record.platform_name,
    power_state,
    cpu_count,
    memory_mb,
    disk_bytes: record.disk_bytes,
    health: healthOf(record.latest_item),
    last_backup_at: record.last_backup_at,
    success_rate: record.success_rate,
  }
}

function healthOf(latest: MachineRecord['latest_item']): FlowMachine['health'] {
  if (latest === null) return 'unknown'
  if (latest === 'completed') return 'good'
  return latest === 'failed' ? 'failing' : 'running'
}
