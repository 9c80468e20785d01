import { z } from 'zod'
import { operation } from './operation.js'

const Vm = z.object({ vm_context_id: z.string(), vm_name: z.string(), platform_name: z.string() })
const NamedFlow = z.object({ id: z.string(), name: z.string() })

/** No enabled flow protects it. `disabled_flows`: those that would, if they were enabled. */
export const UnprotectedVm = Vm.extend({
  disabled_flows: z.array(NamedFlow),
  last_good_at: z.iso.datetime().nullable(),
})
export type UnprotectedVm = z.infer<typeof UnprotectedVm>

/** Its last good point is older than the schedule of a flow promises. */
export const StaleVm = Vm.extend({
  flow: NamedFlow,
  last_good_at: z.iso.datetime().nullable(),
  /** The due time that should have given a point. */
  promised_at: z.iso.datetime(),
})
export type StaleVm = z.infer<typeof StaleVm>

export const ManyFlowsVm = Vm.extend({ flows: z.array(NamedFlow) })
export type ManyFlowsVm = z.infer<typeof ManyFlowsVm>

/** Each list holds at most 200; the totals count all. */
export const Coverage = z.object({
  vms_total: z.int(),
  protected_total: z.int(),
  unprotected: z.array(UnprotectedVm),
  unprotected_total: z.int(),
  stale: z.array(StaleVm),
  stale_total: z.int(),
  in_several_flows: z.array(ManyFlowsVm),
  in_several_flows_total: z.int(),
})
export type Coverage = z.infer<typeof Coverage>

export const getCoverage = operation({
  name: 'getCoverage',
  method: 'GET',
  path: '/coverage',
  summary: 'VMs that nobody protects, whose last good point is too old, or that several flows protect',
  tag: 'coverage',
  role: 'viewer',
  responses: { 200: Coverage },
})
